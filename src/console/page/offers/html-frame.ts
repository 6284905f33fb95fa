/**
 * HTML as it reads, while it is written: in a frame that runs nothing, reaches nothing and belongs to no origin. It gets the
 * console's own policy, so it has neither the site's style nor its pictures; the page itself is what a preview shows.
 */
import { h } from "../dom.ts";

const STYLE =
  "body{margin:16px;font:15px/1.55 system-ui,sans-serif;color:#18181b;background:#fff;overflow-wrap:anywhere}h1,h2,h3{line-height:1.25;margin:.2em 0 .4em}p{margin:.4em 0}a{color:#4f46e5}img{min-width:48px;min-height:32px;background:#eee}";
const PAUSE_MS = 250;

export interface HtmlFrame {
  element: HTMLElement;
  show(html: string): void;
}

/** @param title of the frame, for those who hear the page */
export function htmlFrame(title: string): HtmlFrame {
  const element = h("div", { class: "html-frame" });
  let shown: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function draw(html: string): void {
    // The nonce of the page's own style: without it the frame's would be refused.
    const nonce = document.querySelector<HTMLElement>("link[nonce]")?.nonce ?? "";
    const text = `<!doctype html><meta charset="utf-8"><style nonce="${nonce}">${STYLE}</style>${html}`;
    // A new frame each time: a frame that is led elsewhere would be one more step of the browser's history.
    element.replaceChildren(
      h("iframe", {
        attrs: { sandbox: "", title, src: `data:text/html;charset=utf-8,${encodeURIComponent(text)}` },
      }),
    );
  }

  return {
    element,
    show(html) {
      if (html === shown) return;
      const isFirst = shown === undefined;
      shown = html;
      clearTimeout(timer);
      if (isFirst) draw(html);
      else timer = setTimeout(() => draw(html), PAUSE_MS);
    },
  };
}
