/**
 * The builder of a condition: groups and rows instead of JSON, and beside each what is wrong with it. Used by the forms of
 * segments, features' filters and offers' audiences; the rows are in row.ts, what they mean in model.ts.
 */
import { checkCondition } from "#core/condition";
import { button, fill, h } from "../dom.ts";
import { choice } from "../field.ts";
import {
  type Group,
  type GroupKind,
  isRow,
  ownerOf,
  placesOf,
  type Row,
  readCondition,
  rowOf,
  writeCondition,
} from "./model.ts";
import { type Known, rowElement } from "./row.ts";
import { problemInWords } from "./words.ts";

const KINDS: readonly (readonly [GroupKind, string])[] = [
  ["all", "all of these hold"],
  ["any", "any of these holds"],
  ["none", "none of these holds"],
];
/** Deeper groups can be read by nobody. */
const MAX_DEPTH = 3;

/**
 * @param condition as it is
 * @param changed called with the whole condition, whenever a row changes
 * @returns undefined where the condition says something that no row can show
 */
export function conditionBuilder(
  condition: unknown,
  known: Known,
  changed: (condition: Record<string, unknown>) => void,
): HTMLElement | undefined {
  const root = readCondition(condition);
  if (!root) return undefined;
  const problems = new Map<Group | Row, HTMLElement>();
  const element = h("div", { class: "condition" });

  /** Say what is wrong where it is wrong. */
  function check(): void {
    const written = writeCondition(root as Group); // it was read above
    const places = placesOf(root as Group);
    const found = new Map<Group | Row, string>();
    for (const { path, message } of checkCondition(written, known.types)) {
      const owner = ownerOf(places, path);
      if (owner && !found.has(owner)) found.set(owner, problemInWords(message));
    }
    for (const owner of problems.keys())
      if (isRow(owner) && isEmpty(owner.value)) found.set(owner, "This rule has no value yet.");
    for (const [owner, place] of problems) {
      const words = found.get(owner) ?? "";
      if (place.textContent !== words) fill(place, words);
    }
  }
  const tell = () => {
    check();
    changed(writeCondition(root));
  };
  const problemOf = (owner: Group | Row) => {
    const place = h("p", { class: "condition-problem", attrs: { role: "status" } });
    problems.set(owner, place);
    return place;
  };

  /** Draw anew. @param focus the part that is to have the focus */
  function draw(focus?: Group | Row): void {
    problems.clear();
    fill(element, groupElement(root as Group, 0));
    check();
    if (focus) problems.get(focus)?.parentElement?.querySelector<HTMLElement>("select, input")?.focus();
  }

  function groupElement(group: Group, depth: number, remove?: () => void): HTMLElement {
    const kind = choice(KINDS, {
      name: "How these go together",
      changed: () => {
        group.kind = kind.value();
        tell();
      },
    });
    kind.element.value = group.kind;
    const add = (part: Group | Row) => {
      group.of.push(part);
      draw(part);
      tell();
    };
    const parts = group.of.map((part) => {
      const drop = () => {
        group.of.splice(group.of.indexOf(part), 1);
        draw(group);
        tell();
      };
      if (!isRow(part)) return groupElement(part, depth + 1, drop);
      return h("div", { class: "condition-part" }, rowElement(part, known, tell, drop), problemOf(part));
    });
    const first = known.names.find((name) => !name.endsWith("."));
    return h(
      "fieldset",
      { class: "condition-group" },
      h("legend", {}, kind.element),
      ...(parts.length > 0 ? parts : [h("p", { class: "hint" }, emptyWords(group, known))]),
      problemOf(group),
      h(
        "div",
        { class: "actions" },
        first !== undefined && button("Add a rule", () => add(rowOf(first, known.types))),
        depth < MAX_DEPTH && button("Add a group", () => add({ kind: "any", of: [] }), "plain"),
        remove && button("Remove the group", remove, "plain"),
      ),
    );
  }

  draw();
  return element;
}

const isEmpty = (value: unknown): boolean => value === "" || (Array.isArray(value) && value.length === 0);

const emptyWords = ({ kind }: Group, { everything = "Everybody" }: Known): string =>
  kind === "all" ? `${everything}: there is no rule yet.` : "There is no rule yet.";
