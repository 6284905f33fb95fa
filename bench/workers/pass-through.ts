/**
 * What a page is measured by: `/…` hands the origin's answer on as it is; with `x-fill: 1` a plain HTMLRewriter fills the
 * same three slots with the same text for everybody. It knows nobody and decides nothing.
 */
import { VARS } from "bench:fixtures";
import { PAGE_SLOTS } from "../fixtures/large-release.ts";

const ORIGIN = VARS.ORIGIN ?? "";
const HTML = `<div class="offer"><h2>Offer</h2><p>${"Something good. ".repeat(8)}</p></div>`;

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const response = await fetch(ORIGIN + pathname + search, request);
    if (request.headers.get("x-fill") === null) return response;
    const rewriter = new HTMLRewriter();
    for (const name of PAGE_SLOTS)
      rewriter.on(`[data-doorstep-slot="${name}"]`, {
        element(element) {
          element.setInnerContent(HTML, { html: true });
        },
      });
    return rewriter.transform(response);
  },
};
