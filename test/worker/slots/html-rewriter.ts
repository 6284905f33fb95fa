/** The same by the platform's HTMLRewriter: what our scanner is compared with in scanner.test.ts. */
import type { Fill } from "#slots/page/fill";

const SLOT = "data-doorstep-slot";
const CLIENT = "data-doorstep-client";
const CLOSED_OFF = [`[${SLOT}]`, "template", "noscript", "svg", "math"].map((outer) => `${outer} [${SLOT}]`);
const UNFIT = new Set(
  `area base br col embed hr img input link meta source track wbr html head body p li dt dd option optgroup tr td th thead
  tbody tfoot colgroup caption rt rp script noscript style title textarea xmp iframe noembed noframes plaintext`.split(
    /\s+/,
  ),
);

/** UTF-8 with the slots filled. */
export function fillByRewriter(
  response: Response,
  fills: ReadonlyMap<string, Fill>,
  onEnd: (slots: ReadonlySet<string>) => void,
): Response {
  const left = new Map(fills);
  const found = new Set<string>();
  let isInside = false;
  const rewriter = new HTMLRewriter();
  for (const selector of CLOSED_OFF)
    rewriter.on(selector, {
      element() {
        isInside = true;
      },
    });
  return rewriter
    .on(`[${SLOT}]`, {
      element(element) {
        const isShut = isInside;
        isInside = false;
        const slot = isShut || element.hasAttribute(CLIENT) ? null : element.getAttribute(SLOT);
        if (slot === null) return;
        found.add(slot);
        const fill = left.get(slot);
        left.delete(slot);
        if (!fill || UNFIT.has(element.tagName)) return;
        element.setInnerContent(typeof fill.html === "string" ? fill.html : fill.html(), { html: true });
        if (fill.offer !== undefined) element.setAttribute("data-doorstep-offer", fill.offer);
      },
    })
    .onDocument({ end: () => onEnd(found) })
    .transform(response);
}
