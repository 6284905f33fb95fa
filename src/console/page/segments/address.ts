/** Addresses of the pages of segments and features. A name that stands for a page of its own is marked in its address. */

const PAGES = new Set(["new", "features", "lists"]);

/** The name in an address; undefined: it is of what is not there yet. */
export const nameAt = (part: string): string | undefined =>
  part === "new" ? undefined : part.replace(/^~/, "");

/** The address of a segment's page. */
export const hrefOf = (name: string): string =>
  `#/segments/${PAGES.has(name) ? "~" : ""}${encodeURIComponent(name)}`;

/** The address of a feature's page. */
export const featureHref = (name: string): string =>
  `#/segments/features/${name === "new" ? "~" : ""}${encodeURIComponent(name)}`;
