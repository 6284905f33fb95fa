/** What makes a URL another page. Called by pages.ts, and by the second file for depths of scrolling. */

/** The URL without its fragment, unless a router lives in it. */
export const pageOf = (href: string): string => href.replace(/#(?![!/]).*/, "");
