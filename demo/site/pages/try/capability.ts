/** What one page of `/try` is: a capability of Doorstep, shown on the site itself, and how a developer gets it. */
import type { DemoRequest } from "../../../http.ts";
import type { Html } from "../../html.ts";

export interface Capability {
  /** `/try/<slug>`. */
  slug: string;
  title: string;
  /** What a marketer gets, in a sentence or two. */
  lede: string;
  /** What to do on this page to see it. */
  steps: readonly string[];
  /**
   * The live part of the page.
   * @param cookies `Set-Cookie` lines that are to go with the page are put here
   */
  show(request: DemoRequest, cookies: string[]): Html | Promise<Html>;
  /** What stands in the page, or in the release. */
  code: string;
  /** The page is the same for everybody, and caches may keep it: Doorstep fills it in the browser. */
  cached?: true;
  /** Scripts besides the site's own. */
  scripts?: readonly { src: string; data?: Readonly<Record<string, string>> }[];
}
