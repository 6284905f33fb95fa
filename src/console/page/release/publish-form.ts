/** How a draft is given to visitors: to everybody, to a share first, or at a time. Part of its page (draft-page.ts). */
import { call, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { openShown } from "../draft/store.ts";
import { choice, field } from "../field.ts";
import { issuesNotice, issuesOf } from "../issues-notice.ts";

/** To everybody, to a share, or at a time. */
export function publishForm(
  path: string,
  revision: () => number | undefined,
  left: (words: string) => void,
  refresh: () => Promise<void>,
): HTMLElement {
  const note = h("input", { class: "input", attrs: { maxlength: 500, autocomplete: "off" } });
  const share = h("input", {
    class: "input",
    attrs: { type: "number", min: 1, max: 99, step: 1, value: 10 },
  });
  const at = h("input", { class: "input", attrs: { type: "datetime-local" } });
  const shareField = field("Share of visitors, in percent", share);
  const atField = field("When", at, "In your own time zone.");
  const how = choice(
    [
      ["all", "To everybody, now"],
      ["canary", "To a share of visitors first"],
      ["later", "To everybody, at a time"],
    ],
    { changed: () => draw() },
  );
  const problems = h("div", { attrs: { role: "alert" } });
  const publish = button("Publish", () => void send(), "primary");
  const draw = () => {
    shareField.hidden = how.value() !== "canary";
    atField.hidden = how.value() !== "later";
  };

  async function send(): Promise<void> {
    const isLater = how.value() === "later";
    if (isLater && at.value === "") {
      fill(problems, h("p", { class: "notice bad" }, "Say when."));
      return;
    }
    publish.disabled = true;
    fill(problems);
    const answer = await call<{ version: number; state: string; visible: string }>(
      "POST",
      `${path}/publish`,
      {
        note: note.value.trim(),
        revision: revision(),
        ...(how.value() === "canary" && { share: Number(share.value) / 100 }),
        ...(isLater && { at: new Date(at.value).toISOString() }),
      },
    );
    publish.disabled = false;
    if (answer.status === "ok") {
      await openShown();
      const { version, visible } = answer.body;
      left(
        isLater ? `Version ${version} is scheduled.` : `Version ${version} is published: visible ${visible}.`,
      );
    } else {
      fill(problems, issuesNotice(problemInWords(answer) ?? "", issuesOf(answer), "document"));
      if (answer.status === "problem" && answer.code === "release_changed")
        fill(problems, changedMeanwhile(answer.detail));
    }
  }

  /** Somebody published since the draft began: take theirs over, and look again. */
  const changedMeanwhile = (detail: string): HTMLElement =>
    h(
      "div",
      { class: "notice bad stack" },
      h("p", {}, detail),
      button("Take over what was published", () => void rebase()),
    );

  /** @param prefer whose version of what both have changed */
  async function rebase(prefer?: "mine" | "theirs"): Promise<void> {
    const answer = await call("POST", `${path}/rebase`, { revision: revision(), ...(prefer && { prefer }) });
    if (answer.status === "ok") {
      await refresh(); // what is published next is what it is now
      fill(
        problems,
        h("p", { class: "notice good" }, "Taken over. Look at the changes again, then publish."),
      );
    } else if (answer.status === "problem" && answer.code === "draft_conflict") {
      fill(
        problems,
        h(
          "div",
          { class: "notice bad stack" },
          // The detail goes on with what the API's body may say.
          h("p", {}, `${answer.detail.split(":")[0]}.`),
          h(
            "div",
            { class: "actions" },
            button("Keep what the draft says", () => void rebase("mine")),
            button("Keep what was published", () => void rebase("theirs")),
          ),
        ),
      );
    } else fill(problems, h("p", { class: "notice bad" }, problemInWords(answer)));
  }

  draw();
  return h(
    "section",
    { class: "part-card", attrs: { "aria-label": "Publish" } },
    field("Note", note, "What changes, and why: the history says it."),
    field("To whom", how.element),
    shareField,
    atField,
    problems,
    h("div", { class: "publish" }, publish),
  );
}
