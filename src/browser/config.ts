/**
 * Where the door is and which source this page is, read from the script's own tag. The path of the script is free (ad
 * blockers match paths, also on a site's own domain), so the base is whatever its URL has before the file name.
 */
import { warn } from "./guard.ts";

/** Absolute URL without a trailing slash, such as `https://example.com/ds`. Set by `configure`. */
export let base = "";
/** The public key of the source. Set by `configure`. */
export let writeKey = "";

/** Reads the tag; has to run while the script is first evaluated, because `currentScript` is gone after that. */
export const configure = (): void => {
  // What runs here is a classic HTML script; the selector finds only such.
  const tag = (document.currentScript ??
    document.querySelector("script[data-write-key]")) as HTMLScriptElement | null;
  writeKey = tag?.dataset.writeKey ?? "";
  if (!writeKey) warn("no data-write-key");
  base = baseOf(tag?.src, tag?.dataset.base, location.href);
};

/** The base URL: `override` (absolute, or relative to the page) or else the folder of the script. */
export const baseOf = (src: string | undefined, override: string | undefined, page: string): string =>
  new URL(override ?? ".", override === undefined && src ? src : page).href.replace(/\/+$/, "");
