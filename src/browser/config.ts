/**
 * Where the door is and which source this page is, read from the script's own tag. Every name that an ad blocker could
 * match, also on a site's own domain, is free: the script's (the base is whatever its URL has before the file name),
 * the endpoints' and the second file's.
 */
import { warn } from "./guard.ts";

/** Absolute URL without a trailing slash, such as `https://example.com/ds`. Set by `configure`. */
export let base = "";
/** The `data-…` attributes of the tag. Set by `configure`. */
export let settings: DOMStringMap = {};

/** Reads the tag; has to run while the script is first evaluated, because `currentScript` is gone after that. */
export const configure = (): void => {
  // What runs here is a classic HTML script; the selector finds only such.
  const tag = (document.currentScript ??
    document.querySelector("script[data-write-key]")) as HTMLScriptElement | null;
  settings = tag?.dataset ?? {};
  if (!settings.writeKey) warn("no data-write-key");
  base = baseOf(tag?.src, settings.base, location.href);
};

/** The base URL: `override` (absolute, or relative to the page) or else the folder of the script. */
export const baseOf = (src: string | undefined, override: string | undefined, page: string): string =>
  new URL(override ?? ".", (override === undefined && src) || page).href.replace(/\/+$/, "");
