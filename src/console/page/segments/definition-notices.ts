/** What the page of a definition says above its form: that it is gone, that something went wrong, why it cannot be published. */
import { call, type Issue } from "../api.ts";
import { button, type Child, h } from "../dom.ts";
import { current } from "../draft/store.ts";
import { issuesNotice } from "../issues-notice.ts";
import { may } from "../may.ts";

export const notice = (words: Child): HTMLElement =>
  h("p", { class: "notice bad", attrs: { role: "alert" } }, words);

/**
 * It is not in what is shown: removed, or never there.
 * @param before as it is published; undefined: it is not @param restore bring that back
 */
export function goneNotice(
  noun: string,
  name: string,
  before: unknown,
  restore: (before: unknown) => void,
): HTMLElement {
  return h(
    "div",
    { class: "notice wait" },
    h(
      "p",
      {},
      before === undefined
        ? `There is no ${noun} “${name}” here.`
        : `This draft removes the ${noun}. It holds until the draft is published.`,
    ),
    before !== undefined &&
      may("release:write") &&
      h(
        "p",
        { class: "spaced" },
        button("Bring it back", () => restore(before)),
      ),
  );
}

/** What publishing a definition would be refused for; undefined where it would not. */
export async function refusalOf(kind: string, key: string, noun: string): Promise<HTMLElement | undefined> {
  const draft = current()?.draft?.name;
  if (draft === undefined) return undefined;
  const answer = await call<{ issues: Issue[] }>("POST", `drafts/${draft}/validate`);
  if (answer.status !== "ok") return undefined;
  const own = answer.body.issues.filter(({ path }) => `${path}.`.startsWith(`${kind}.${key}.`));
  return own.length > 0 ? issuesNotice("Saved, but it cannot be published like this:", own, noun) : undefined;
}
