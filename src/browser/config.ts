/**
 * Where the door is and which source this page is, read from the script's own tag. The path of the script is free (ad
 * blockers match paths, also on a site's own domain), so the base is whatever its URL has before the file name.
 */

/** Absolute URL without a trailing slash, such as `https://example.com/ds`. Set by `configure`. */
export let base = "";
/** The public key of the source. Set by `configure`. */
export let writeKey = "";

/** Reads the tag; has to run while the script is first evaluated, because `currentScript` is gone after that. */
export const configure = (): void => {
  const running = document.currentScript;
  const tag =
    running instanceof HTMLScriptElement ? running : document.querySelector<HTMLScriptElement>("script[data-write-key]");
  writeKey = tag?.dataset.writeKey ?? "";
  if (!writeKey) console.warn("doorstep: the script tag has no data-write-key");
  base = baseOf(tag?.src ?? "", tag?.dataset.base, location.href);
};

/** The base URL: `override` (absolute, or relative to the page) or else the folder of the script. */
export const baseOf = (src: string, override: string | undefined, page: string): string =>
  new URL(override ?? (src.replace(/[?#].*/, "").replace(/[^/]*$/, "") || "/"), page).href.replace(/\/+$/, "");
