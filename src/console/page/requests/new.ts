/** The form for a request that came by letter, by phone or in person. What is typed of the person is sent and not kept here. */
import type { IdentityType, SubjectRequestDetail } from "#contracts/messages/subject_request";
import { REGULATIONS, SUBJECT_REQUEST_TYPES } from "#contracts/taxonomy";
import { call, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { type Choice, choice, field, tick } from "../field.ts";
import { issuesNotice } from "../issues-notice.ts";
import { may } from "../may.ts";
import { notPermitted } from "../not-permitted.ts";
import { addOwnNamespaces } from "../own-namespaces.ts";
import type { Part } from "./view.ts";
import { IDENTITY_WORDS, LAW_TIMES, LAW_WORDS, MAX_IDENTITIES, TYPE_MEANINGS, TYPE_WORDS } from "./words.ts";

const IDENTITY_KINDS = Object.entries(IDENTITY_WORDS) as [IdentityType, string][]; // its keys are those

/** @param made called with the id of the new request */
export function newRequest(made: (id: string) => void): Part {
  const head = h(
    "div",
    { class: "view-head" },
    h("a", { class: "back", attrs: { href: "#/requests" } }, "Requests"),
    h("h1", { attrs: { tabindex: "-1" } }, "New subject request"),
  );
  const content = may("subjects:manage")
    ? requestForm(made)
    : notPermitted("the form for a new request", { oneOf: ["subjects:manage"] });
  return { element: h("div", {}, head, content), stop: () => {} };
}

function requestForm(made: (id: string) => void): HTMLElement {
  const changed = () => explain();
  const type = choice(
    SUBJECT_REQUEST_TYPES.map((name) => [name, TYPE_WORDS[name]] as const),
    { changed },
  );
  const law = choice(
    REGULATIONS.map((name) => [name, LAW_WORDS[name]] as const),
    { changed },
  );
  const meaning = h("span", {});
  const time = h("span", {});
  const note = h("textarea", { class: "input", attrs: { rows: 3, maxlength: 500, required: true } });
  const noteHint = h("span", {});
  const identities = identityRows();
  const problems = h("div", { attrs: { role: "alert" } });
  const submit = h("button", { class: "button primary", attrs: { type: "submit" } });
  const verified = tick("I have verified that it is this person who asks", changed);
  const form = h(
    "form",
    {
      class: "card form",
      on: {
        submit: (event) => {
          event.preventDefault();
          void send();
        },
      },
    },
    h(
      "div",
      { class: "fields" },
      field("What the person asks for", type.element, meaning),
      field("Under which law", law.element, time),
    ),
    identities.element,
    field("Note", note, noteHint),
    verified.element,
    problems,
    h(
      "div",
      { class: "form-foot" },
      h("a", { class: "button", attrs: { href: "#/requests" } }, "Let it be"),
      submit,
    ),
  );

  /** What the choices mean, in words beside them. */
  function explain(): void {
    fill(meaning, TYPE_MEANINGS[type.value()]);
    fill(time, LAW_TIMES[law.value()]);
    fill(
      noteHint,
      verified.box.checked ? "How you made sure. " : "How it came in. ",
      "It is kept until the request has ended: write no name or address of the person.",
    );
    fill(submit, verified.box.checked ? "Start it now" : "Keep it until it is verified");
  }

  async function send(): Promise<void> {
    submit.disabled = true;
    fill(problems);
    const answer = await call<SubjectRequestDetail>("POST", "subject-requests", {
      type: type.value(),
      regulation: law.value(),
      identities: identities.read(),
      verified: verified.box.checked,
      note: note.value.trim(),
    });
    submit.disabled = false;
    if (answer.status === "ok") return made(answer.body.subject_request_id);
    const issues = answer.status === "problem" ? answer.issues : [];
    fill(problems, issuesNotice(problemInWords(answer) ?? "", issues, "request"));
  }

  explain();
  return form;
}

interface IdentityRows {
  element: HTMLElement;
  read(): { identity_type: string; identity_value: string }[];
}

/** One line for each identifier that the person has named; there is always one. */
function identityRows(): IdentityRows {
  const rows: { element: HTMLElement; kind: Choice<IdentityType>; value: HTMLInputElement }[] = [];
  const list = h("ul", { class: "identities" });
  const add = button("Add another", () => addRow().value.focus());

  function addRow(): { value: HTMLInputElement } {
    const kind = choice(IDENTITY_KINDS, { name: "Kind of identifier" });
    void addOwnNamespaces(kind.element);
    const value = h("input", {
      class: "input",
      attrs: { required: true, maxlength: 320, autocomplete: "off", "aria-label": "Its value" },
    });
    const remove = button("Remove", () => removeRow(element), "plain", {
      "aria-label": "Remove this identifier",
    });
    const element = h("li", { class: "inline" }, kind.element, value, remove);
    rows.push({ element, kind, value });
    list.appendChild(element);
    mark();
    return { value };
  }

  function removeRow(element: HTMLElement): void {
    rows.splice(
      rows.findIndex((row) => row.element === element),
      1,
    );
    element.remove();
    mark();
    rows.at(-1)?.value.focus();
  }

  /** The last one stays, and there is an end to adding. */
  function mark(): void {
    for (const { element } of rows)
      for (const control of element.querySelectorAll("button")) control.disabled = rows.length === 1;
    add.disabled = rows.length >= MAX_IDENTITIES;
  }

  addRow();
  return {
    element: h(
      "fieldset",
      { class: "field" },
      h("legend", {}, "Who it is about"),
      h(
        "p",
        { class: "hint" },
        "What the person is known by. All else that belongs to the same profile is found from it.",
      ),
      list,
      add,
    ),
    read: () =>
      rows.map(({ kind, value }) => ({ identity_type: kind.value(), identity_value: value.value.trim() })),
  };
}
