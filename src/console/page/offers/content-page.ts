/** One piece of content: the release's own with its form, or a CMS's as it was imported, in all languages. */
import { call, problemInWords } from "../api.ts";
import { chip, fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { rawJson } from "../json.ts";
import type { CmsRow } from "./cms-items.ts";
import { contentForm } from "./content-form.ts";
import { usersOf, when } from "./content-parts.ts";
import { definitionPage } from "./definition-page.ts";
import { htmlFrame } from "./html-frame.ts";
import { contentHref, head, type Page, saidLine } from "./page.ts";

const BACK = ["#/offers/content", "Content"] as const;

/** @param key undefined: new content of the release; `cms:…`: a CMS's */
export function contentPage(key: string | undefined): Page {
  if (key?.startsWith("cms:")) return itemPage(key);
  return definitionPage({
    kind: "content",
    noun: "content",
    key,
    first: { html: "" },
    hrefOf: contentHref,
    back: BACK,
    form: (value, changed, places) => contentForm(value, changed, places, isMessage(key)),
    keeps: () => {
      const offers = Object.entries(definitions("offers")).filter(([, { content }]) => content === key);
      const slots = Object.entries(definitions("slots")).filter(([, { fallback }]) => fallback === key);
      const users = [...offers, ...slots].map(([name]) => name);
      return users.length > 0 ? `It is shown by ${users.join(", ")}.` : undefined;
    },
    more: (own) => h("section", { class: "part-card" }, h("h2", {}, "Shown by"), h("p", {}, ...usersOf(own))),
  });
}

const isMessage = (key: string | undefined): boolean =>
  Object.values(definitions("offers")).some(
    ({ content, slot }) => content === key && definitions("slots")[slot]?.kind === "message",
  );

interface Text {
  title: string;
  html: string | null;
  data: unknown;
  terms: string[];
}

/** A CMS's: changed there, and looked at here. */
function itemPage(ref: string): Page {
  const [source = "", ...id] = ref.slice("cms:".length).split("/");
  const body = h("div", { class: "stack" }, h("div", { class: "skeleton" }));
  const read = async () => {
    const answer = await call<{ locales: (CmsRow & { shown: Text | null; draft: Text | null })[] }>(
      "GET",
      `content/${encodeURIComponent(source)}/${encodeURIComponent(id.join("/"))}`,
    );
    if (answer.status !== "ok") {
      fill(body, h("p", { class: "notice quiet" }, problemInWords(answer)));
      return;
    }
    fill(
      body,
      h("p", {}, "Shown by ", ...usersOf(ref)),
      ...answer.body.locales.map(({ locale, state, url, changed_at, imported_at, issues, shown, draft }) =>
        h(
          "section",
          { class: "part-card", attrs: { "aria-label": `In ${locale}` } },
          h(
            "div",
            { class: "chips" },
            h("h2", {}, locale),
            chip(state === "published" ? "good" : "wait", state),
            draft && chip("info", "a draft waits"),
          ),
          h(
            "p",
            { class: "hint" },
            "Changed ",
            when(changed_at ?? ""),
            ", imported ",
            when(imported_at ?? ""),
            url !== null &&
              /^https?:/.test(url) &&
              h(
                "span",
                {},
                " · ",
                h("a", { attrs: { href: url, target: "_blank", rel: "noopener noreferrer" } }, "its page"),
              ),
          ),
          ...issues.map(({ message, refused }) =>
            h(
              "p",
              { class: `field-issue ${refused ? "bad" : "wait"}` },
              message,
              refused && " (not taken: the last good version stays)",
            ),
          ),
          shown && text(shown, "What visitors see"),
          draft && text(draft, "The draft, which previews show"),
        ),
      ),
    );
  };
  void read();
  return {
    element: h(
      "div",
      {},
      h("a", { class: "back", attrs: { href: BACK[0] } }, BACK[1]),
      head(ref, saidLine()),
      h(
        "p",
        { class: "hint" },
        "It is changed in the CMS; what changes there is here within its pull, or at once by its webhook.",
      ),
      body,
    ),
  };
}

function text({ title, html, data }: Text, what: string): HTMLElement {
  const frame = htmlFrame(`${what}: ${title}`);
  if (html !== null) frame.show(html);
  return h(
    "div",
    { class: "stack" },
    h("h3", {}, `${what}: ${title}`),
    html !== null && frame.element,
    data !== null && rawJson(data),
  );
}
