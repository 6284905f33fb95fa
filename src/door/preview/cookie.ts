/**
 * The cookie of a browser that is shown a preview: the link's own sealed text, HttpOnly, until the browser is closed or
 * the link expires. It says nothing of the visitor and stands beside their own cookies, which a preview leaves alone.
 */
import { writeCookie } from "../cookies.ts";

export const PREVIEW_COOKIE = "ds_preview";
/** The link's parameter; with `off` the preview ends. */
export const PREVIEW_PARAMETER = "ds_preview";
export const LEAVE = "off";

/** `Set-Cookie` of a preview. */
export const previewCookie = (token: string, secure: boolean): string =>
  writeCookie(PREVIEW_COOKIE, token, { httpOnly: true, secure });

/** `Set-Cookie` that ends it. */
export const endPreview = (secure: boolean): string =>
  writeCookie(PREVIEW_COOKIE, "", { maxAgeSeconds: 0, httpOnly: true, secure });
