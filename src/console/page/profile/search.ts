/**
 * Who is looked for: by the value of an identifier, by its key, or by an event. What is typed is sent in the body of a
 * request and kept nowhere.
 */
import { IDENTIFIER_NAMESPACES, type IdentifierNamespace } from "#contracts/taxonomy";
import type { Whom } from "../../profile/whom.ts";
import { namespaceInWords } from "../../profile/words.ts";
import { h } from "../dom.ts";
import { addOwnNamespaces } from "../own-namespaces.ts";

const BY_EVENT = "event";
const BY_KEY = "key";
/** The cookie's value is signed and long: nobody types it. Its key is in every trace. */
const NAMESPACES = [...IDENTIFIER_NAMESPACES]
  .filter((name) => name !== "visitor_id")
  .sort((a, b) => Number(b === "email") - Number(a === "email"));

export interface SearchForm {
  element: HTMLElement;
  /** Show who is looked for otherwise than by this form. */
  set(whom: Whom): void;
}

export function searchForm(search: (whom: Whom) => void): SearchForm {
  const byKey = option(BY_KEY, "identifier key");
  const way = h(
    "select",
    { class: "input", attrs: { "aria-label": "Found by" } },
    ...NAMESPACES.map((name) => option(name, namespaceInWords(name))),
    byKey,
    option(BY_EVENT, "event id"),
  );
  const value = h("input", {
    class: "input search",
    attrs: {
      type: "search",
      required: true,
      maxlength: 512,
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": "Which",
    },
  });
  const element = h(
    "form",
    {
      class: "inline profile-search",
      attrs: { role: "search" },
      on: {
        submit: (event) => {
          event.preventDefault();
          search(asked(way.value, value.value.trim()));
        },
      },
    },
    way,
    value,
    h("button", { class: "button primary", attrs: { type: "submit" } }, "Find"),
  );
  void addOwnNamespaces(way, byKey);
  return {
    element,
    set(whom) {
      way.value = "event_id" in whom ? BY_EVENT : "key" in whom ? BY_KEY : whom.namespace;
      value.value = "event_id" in whom ? whom.event_id : "key" in whom ? whom.key : whom.value;
    },
  };
}

const option = (value: string, label: string): HTMLElement => h("option", { attrs: { value } }, label);

function asked(way: string, value: string): Whom {
  if (way === BY_EVENT) return { event_id: value };
  return way === BY_KEY ? { key: value } : { namespace: way as IdentifierNamespace, value }; // of its options
}

/** What was looked for, for a sentence. A value that somebody typed is not repeated. */
export function soughtInWords(whom: Whom): string {
  if ("event_id" in whom) return `the event ${whom.event_id}`;
  return "key" in whom ? `the identifier ${whom.key}` : `${namespaceInWords(whom.namespace)} “${whom.value}”`;
}
