/** One rule of a condition: which attribute, how it is compared, and with what. */
import type { ReleaseInput } from "#contracts/definitions/release";
import { type AttributeType, typeAt } from "#core/condition/types";
import { button, type Child, h } from "../dom.ts";
import { choice } from "../field.ts";
import { firstValue, operatorsOf, type Row, rowOf, type ValueKind, valueKind } from "./model.ts";
import { attributeInWords, groupOf } from "./words.ts";

/** What may be asked about. */
export interface Known {
  types: ReadonlyMap<string, AttributeType>;
  /** In the order of the list: features, then what is built in; parts of objects as paths. */
  names: readonly string[];
  /** What can stand in a closed list, by attribute: `segments`, `lists`. */
  choices: Readonly<Record<string, readonly string[]>>;
  /** What a name means, for the list. */
  words(name: string): string;
  /** The group of the list that a name is in; all are in one where it is left out. */
  groupOf?(name: string): string;
  /** A sentence on what an attribute is, below its rule. */
  hint?(field: string): string | undefined;
  /** Whom or what a condition without a rule takes: "Everybody". */
  everything?: string;
}

/** What a condition of this document may ask about. @param types of src/release/attribute-types.ts */
export function knownOf(document: Partial<ReleaseInput>, types: ReadonlyMap<string, AttributeType>): Known {
  const names = [...types].flatMap(([name, type]) => {
    if (typeof type !== "object" || !("parts" in type)) return [name];
    if (type.parts === "numbers") return [`${name}.`];
    return Object.keys(type.parts).map((part) => `${name}.${part}`);
  });
  return {
    types,
    names: [...names].sort((a, b) => order(a) - order(b)), // within a group as the document has them
    choices: { segments: Object.keys(document.segments ?? {}), lists: Object.keys(document.lists ?? {}) },
    words: attributeInWords,
    groupOf,
  };
}

const ORDER = ["What they do", "Segments and lists", "Who it is", "This visit"];
const order = (name: string): number => ORDER.indexOf(groupOf(name));

/**
 * @param row is changed in place
 * @param changed called after each change
 */
export function rowElement(row: Row, known: Known, changed: () => void, remove: () => void): HTMLElement {
  const element = h("div", { class: "condition-row" });

  /** Other controls belong to it now. @param focus which of them is to have the focus */
  function redraw(focus: "Attribute" | "Comparison"): void {
    draw();
    element.querySelector<HTMLElement>(`[aria-label="${focus}"]`)?.focus();
    changed();
  }
  const set = (value: unknown) => {
    row.value = value;
    changed();
  };

  function draw(): void {
    // An affinity is asked about by a value of its own: `topic_affinity.winter`.
    const open = known.names.find((name) => name.endsWith(".") && row.field.startsWith(name));
    const type = typeAt(known.types, row.field);
    const hint = known.hint?.(row.field);
    const attribute = attributeList(open ?? row.field, known, (name) => {
      Object.assign(row, rowOf(name.endsWith(".") ? `${name}x` : name, known.types), { field: name });
      redraw("Attribute");
    });
    const part =
      open !== undefined &&
      h("input", {
        class: "input",
        attrs: { value: row.field.slice(open.length), placeholder: "winter", "aria-label": "Of which value" },
        on: {
          input: (event) => {
            row.field = open + textOf(event);
            changed();
          },
        },
      });
    const operator = choice(operatorsOf(type), {
      name: "Comparison",
      changed: () => {
        const next = valueKind(type, operator.value());
        if (next !== valueKind(type, row.operator)) row.value = firstValue(next);
        row.operator = operator.value();
        redraw("Comparison");
      },
    });
    operator.element.value = row.operator;
    const parts: Child[] = [
      attribute,
      part,
      operator.element,
      control(valueKind(type, row.operator), row, optionsOf(row.field, type, known), set),
      button("Remove", remove, "plain", { "aria-label": `Remove the rule about ${row.field}` }),
      hint !== undefined && h("p", { class: "hint" }, hint),
    ];
    element.replaceChildren(...parts.filter((child) => child instanceof Node));
  }

  draw();
  return element;
}

/** The list of attributes, by their groups; one that is not known any more is still shown. */
function attributeList(shown: string, known: Known, chosen: (name: string) => void): HTMLSelectElement {
  const names = known.names.includes(shown) ? known.names : [shown, ...known.names];
  const labelOf = (name: string) => known.groupOf?.(name) ?? "";
  const groups = [...new Set(names.map(labelOf))];
  const option = (name: string) => h("option", { attrs: { value: name } }, known.words(name));
  const list = h(
    "select",
    { class: "input", attrs: { "aria-label": "Attribute" }, on: { change: () => chosen(list.value) } },
    ...groups.flatMap((label) => {
      const own = names.filter((name) => labelOf(name) === label).map(option);
      return groups.length > 1 ? [h("optgroup", { attrs: { label } }, ...own)] : own;
    }),
  );
  list.value = shown;
  return list;
}

const optionsOf = (field: string, type: AttributeType | undefined, { choices }: Known): readonly string[] =>
  typeof type === "object" && "oneOf" in type ? type.oneOf : (choices[field] ?? []);

function control(
  kind: ValueKind,
  { value, field }: Row,
  options: readonly string[],
  set: (value: unknown) => void,
): Child {
  const attrs = { "aria-label": `Value of ${field}` };
  switch (kind) {
    case "boolean": {
      const yes = choice(
        [
          ["true", "true"],
          ["false", "not true"],
        ],
        { name: attrs["aria-label"], changed: () => set(yes.value() === "true") },
      );
      yes.element.value = String(value === true);
      return yes.element;
    }
    case "choice": {
      const one = choice([["", "choose …"], ...options.map((name) => [name, name] as const)], {
        name: attrs["aria-label"],
        changed: () => set(one.value()),
      });
      one.element.value = String(value);
      return one.element;
    }
    case "choices":
      return choices(options, Array.isArray(value) ? value.map(String) : [], set, attrs["aria-label"]);
    case "number":
      return h("input", {
        class: "input",
        attrs: { ...attrs, type: "number", step: "any", value: String(value) },
        on: { input: (event) => set(textOf(event) === "" ? "" : Number(textOf(event))) },
      });
    case "texts":
      return h("input", {
        class: "input",
        attrs: {
          ...attrs,
          value: Array.isArray(value) ? value.join(", ") : String(value),
          placeholder: "one, another",
        },
        on: {
          input: (event) =>
            set(
              textOf(event)
                .split(",")
                .map((one) => one.trim())
                .filter(Boolean),
            ),
        },
      });
    case "text":
      return h("input", {
        class: "input",
        attrs: { ...attrs, value: String(value) },
        on: { input: (event) => set(textOf(event)) },
      });
  }
}

/** Several of a closed list, as boxes to tick. */
function choices(
  options: readonly string[],
  chosen: readonly string[],
  set: (value: unknown) => void,
  label: string,
): HTMLElement {
  const now = new Set(chosen);
  const all = [...new Set([...options, ...chosen])];
  return h(
    "div",
    { class: "condition-choices", attrs: { role: "group", "aria-label": label } },
    ...(all.length === 0 ? [h("span", { class: "hint" }, "There is none to choose.")] : []),
    ...all.map((name) =>
      h(
        "label",
        { class: "tick" },
        h("input", {
          attrs: { type: "checkbox", checked: now.has(name) },
          on: {
            change: (event) => {
              if ((event.target as HTMLInputElement).checked) now.add(name);
              else now.delete(name);
              set(all.filter((one) => now.has(one)));
            },
          },
        }),
        h("span", {}, name),
      ),
    ),
  );
}

/** What is written in the control of an event. */
const textOf = (event: Event): string => (event.target as HTMLInputElement).value;
