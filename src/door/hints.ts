/**
 * User-agent client hints: what Chromium says of itself in headers of their own, since its user agent is reduced to a
 * frozen form (https://wicg.github.io/ua-client-hints/). Only those that are sent without being asked for. Pure.
 */

import type { Agent } from "./agents.ts";

/** Reads a header of the request by its lower-case name. */
export type ReadHeader = (name: string) => string | null;

interface Hints {
  /** Family and major version, `Brave 154`. */
  browser?: string;
  /** A browser that nobody looks at. */
  agent?: Agent;
}

const MAX_CHARS = 256;

/** A brand that is no browser's (`Chromium`, and the made-up one that keeps parsers honest) is not listed. */
const BROWSERS: ReadonlyMap<string, string> = new Map([
  ["Google Chrome", "Chrome"],
  ["Microsoft Edge", "Edge"],
  ["Microsoft Edge WebView2", "Edge WebView2"],
  ["Android WebView", "Chrome WebView"],
  ["Opera", "Opera"],
  ["Opera GX", "Opera GX"],
  ["Opera Mobile", "Opera"],
  ["Brave", "Brave"],
  ["Vivaldi", "Vivaldi"],
  ["YaBrowser", "Yandex"],
  ["Yandex", "Yandex"],
  ["Samsung Internet", "Samsung Internet"],
  ["DuckDuckGo", "DuckDuckGo"],
  ["Whale", "Whale"],
  ["Avast Secure Browser", "Avast Secure Browser"],
  ["HuaweiBrowser", "Huawei Browser"],
  ["Silk", "Silk"],
  ["Seznam.cz", "Seznam"],
  ["HeadlessChrome", "Chrome Headless"],
]);

const PLATFORMS: ReadonlyMap<string, string> = new Map([
  ["Android", "Android"],
  ["Chrome OS", "Chromium OS"],
  ["Chromium OS", "Chromium OS"],
  ["iOS", "iOS"],
  ["Linux", "Linux"],
  ["macOS", "Mac OS"],
  ["Windows", "Windows"],
]);

/** `"Not/A)Brand";v="8", "Chromium";v="154", "Brave";v="154"` → `Brave 154`. Brands that are not known say nothing. */
export function readBrands(header: string): Hints {
  const hints: Hints = {};
  for (const [, brand = "", version] of header.slice(0, MAX_CHARS).matchAll(/"([^"]{1,64})";v="(\d{1,4})/g)) {
    const name = BROWSERS.get(brand);
    if (name === undefined) continue;
    hints.browser = `${name} ${version}`;
    if (brand === "HeadlessChrome") hints.agent = { kind: "automation", name: "HeadlessChrome" };
  }
  return hints;
}

/** `"Windows"` → `Windows`, by the names that the parser of user agents gives; undefined for one that is not known. */
export const readPlatform = (header: string | null): string | undefined =>
  header === null ? undefined : PLATFORMS.get(header.slice(0, MAX_CHARS).replaceAll('"', ""));

/** `?1` and `?0`. */
export const readMobile = (header: string | null): boolean | undefined =>
  header === "?1" ? true : header === "?0" ? false : undefined;
