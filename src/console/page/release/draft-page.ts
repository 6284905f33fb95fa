/** A draft before it is published: what it changes, what is wrong with it, and how it is given to visitors. */
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { destinationTry } from "../destination-try.ts";
import { button, chip, fill, h } from "../dom.ts";
import { type Draft, openShown } from "../draft/store.ts";
import { issuesNotice, issuesOf, parseJson } from "../issues-notice.ts";
import { may } from "../may.ts";
import { timeOf } from "../time.ts";
import { type Change, changeList } from "./changes.ts";
import { publishForm } from "./publish-form.ts";
import type { Validity } from "./shapes.ts";

/** The page at `#/release/draft/<name>`. @param left called once there is no such draft any more, with what to say */
export function draftPage(
  name: string,
  left: (words: string) => void,
): { element: HTMLElement; refresh(): Promise<void> } {
  const path = `drafts/${encodeURIComponent(name)}`;
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const head = h("p", { class: "hint" });
  const changes = h("div", {}, h("div", { class: "skeleton" }));
  const verdict = h("div", { class: "verdict" });
  const whole = h("div", {});
  let draft: Draft | undefined;

  async function refresh(): Promise<void> {
    const [found, diff, validity] = await Promise.all([
      call<Draft>("GET", path),
      call<{ changes: Change[] }>("GET", `${path}/diff`),
      call<Validity>("POST", `${path}/validate`),
    ]);
    rest.hidden = found.status !== "ok";
    if (found.status !== "ok") {
      fill(verdict, h("p", { class: "notice bad" }, problemInWords(found)));
      return;
    }
    draft = found.body;
    const time = timeOf(draft.updated_at);
    fill(head, `Of version ${draft.base}, changed last by ${draft.author || "somebody"}, ${time.shown}.`);
    fill(changes, diff.status === "ok" ? changeList(diff.body.changes) : problemInWords(diff));
    fill(verdict, validity.status === "ok" ? verdictOf(validity.body) : problemInWords(validity));
    fill(whole, editor(draft));
  }

  function editor({ document, revision }: Draft): HTMLElement {
    const text = h("textarea", {
      class: "editor",
      attrs: { spellcheck: "false", wrap: "off", "aria-label": "The draft as JSON" },
    });
    text.value = JSON.stringify(document, null, 2);
    const problems = h("div", { attrs: { role: "alert" } });
    const store = async () => {
      const parsed = parseJson(text.value);
      if ("problem" in parsed) {
        fill(problems, issuesNotice(parsed.problem, [], "document"));
        return;
      }
      const answer = await call<Draft>("PUT", path, { revision, document: parsed.value });
      if (answer.status === "ok") {
        fill(said, "Saved.");
        await openShown();
        await refresh();
      } else fill(problems, issuesNotice(problemInWords(answer) ?? "", issuesOf(answer), "document"));
    };
    return h(
      "details",
      {},
      h("summary", {}, "The whole draft as JSON"),
      text,
      problems,
      may("release:write") &&
        h(
          "div",
          { class: "publish" },
          button("Save", () => void store()),
        ),
      destinationTry(() => text.value),
    );
  }

  async function throwAway(): Promise<void> {
    const sure = await ask(element, {
      title: `Throw the draft ${name} away?`,
      text: "What is in it is gone. What is published stays as it is.",
      confirm: "Throw it away",
      danger: true,
    });
    if (sure === undefined) return;
    const answer = await call("DELETE", path);
    if (answer.status === "ok") left(`The draft ${name} is gone.`);
    else fill(said, problemInWords(answer));
  }

  const rest = h(
    "div",
    {},
    h("h2", {}, "What it changes"),
    changes,
    may("release:write") && h("h2", {}, "Publish"),
    may("release:write") && publishForm(path, () => draft?.revision, left, refresh),
    whole,
  );
  const element = h(
    "div",
    {},
    h("a", { class: "back", attrs: { href: "#/release" } }, "Release"),
    h(
      "div",
      { class: "view-head" },
      h("h1", { attrs: { tabindex: "-1" } }, `Draft ${name}`),
      said,
      h("span", { class: "grow" }),
      may("release:write") && button("Throw away", () => void throwAway()),
    ),
    head,
    verdict,
    rest,
  );
  return { element, refresh };
}

/** Whether it may be published, and how soon each segment takes effect. */
function verdictOf({ ok, issues, warnings, speeds }: Validity): HTMLElement {
  const names = Object.entries(speeds);
  return h(
    "div",
    { class: "stack" },
    ok
      ? h("p", { class: "notice good" }, "Nothing is wrong with it.")
      : issuesNotice("It cannot be published yet.", issues, "document"),
    warnings.length > 0 &&
      h(
        "div",
        { class: "notice wait" },
        h("p", {}, "Allowed, and perhaps not meant:"),
        h(
          "ul",
          { class: "pairs" },
          ...warnings.map((one) => h("li", {}, h("code", {}, one.path), h("span", {}, one.message))),
        ),
      ),
    names.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, "How soon each segment takes effect"),
        h(
          "ul",
          { class: "pairs" },
          ...names.map(([segment, { label, reasons }]) =>
            h(
              "li",
              {},
              h("code", {}, segment),
              h(
                "span",
                {},
                chip(label === "next_request" ? "good" : "info", SPEEDS[label]),
                " ",
                reasons.join("; "),
              ),
            ),
          ),
        ),
      ),
  );
}

const SPEEDS = { next_request: "next request", within_120s: "within 120 s" } as const;
