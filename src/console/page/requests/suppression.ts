/**
 * The suppression list: whether a value is on it, and taking it off. The list has keyed hashes alone, so it can be asked
 * and never read. What is typed is sent in the body of a request and kept nowhere.
 */
import { IDENTIFIER_NAMESPACES } from "#contracts/taxonomy";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, type Child, fill, h } from "../dom.ts";
import { choice } from "../field.ts";
import { may } from "../may.ts";
import { addOwnNamespaces } from "../own-namespaces.ts";

export function suppressionPanel(): HTMLElement {
  const namespace = choice(
    IDENTIFIER_NAMESPACES.filter((name) => name !== "visitor_id")
      .sort((a, b) => Number(b === "email") - Number(a === "email"))
      .map((name) => [name, name.replaceAll("_", " ")] as const),
    { name: "Kind of identifier" },
  );
  void addOwnNamespaces(namespace.element);
  const value = h("input", {
    class: "input",
    attrs: { required: true, maxlength: 320, autocomplete: "off", "aria-label": "Its value" },
  });
  const found = h("div", { attrs: { role: "status" } });
  const form = h(
    "form",
    {
      class: "inline",
      on: {
        submit: (event) => {
          event.preventDefault();
          void check();
        },
      },
    },
    namespace.element,
    value,
    h("button", { class: "button primary", attrs: { type: "submit" } }, "Check"),
  );
  const element = h(
    "div",
    { class: "card suppression" },
    h(
      "p",
      {},
      "Who was erased stays suppressed: whatever comes with one of their identifiers is refused. Ask whether a value is.",
    ),
    form,
    found,
  );

  const asked = () => ({ namespace: namespace.value(), value: value.value.trim() });

  async function check(): Promise<void> {
    const of = asked();
    const answer = await call<{ suppressed: boolean }>("POST", "suppressions/check", of);
    if (answer.status !== "ok") return say("bad", problemInWords(answer));
    if (!answer.body.suppressed) return say("quiet", "It is not suppressed: its events are taken.");
    say(
      "wait",
      "It is suppressed: whatever comes with it is refused.",
      may("subjects:manage") && button("Lift the suppression…", () => void lift(of)),
    );
  }

  async function lift(of: ReturnType<typeof asked>): Promise<void> {
    const reason = await ask(element, {
      title: "Lift the suppression?",
      text: "Events that come with this identifier from now on are taken again. What was erased does not come back.",
      confirm: "Lift it",
      danger: true,
      reason: {
        label: "Reason",
        hint: "It is kept for good: write no name or address of the person.",
        maxLength: 200,
        required: true,
      },
    });
    if (reason === undefined) return;
    const answer = await call("POST", "suppressions/lift", { ...of, reason });
    if (answer.status === "ok")
      say("good", "It is lifted: its events are taken from now on. The audit log says who lifted it.");
    else say("bad", problemInWords(answer));
  }

  function say(tone: string, text: string | undefined, control?: Child): void {
    fill(
      found,
      text !== undefined && h("div", { class: `notice said-here ${tone}` }, h("p", {}, text), control),
    );
  }

  return element;
}
