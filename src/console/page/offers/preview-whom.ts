/** As whom a preview is: a stranger, somebody in segments, or one person for who may see persons. */
import { IDENTIFIER_NAMESPACES } from "#contracts/taxonomy";
import { namespaceInWords } from "../../profile/words.ts";
import { fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { choice, field, tick } from "../field.ts";
import { allows, OF_A_PERSON } from "../may.ts";
import { addOwnNamespaces } from "../own-namespaces.ts";

/** @param first segments that it begins with */
export function whomPart(first: readonly string[]): {
  element: HTMLElement;
  read(): Record<string, unknown>;
} {
  const place = h("div", { class: "stack" });
  const mayBePerson = allows(OF_A_PERSON);
  const chosen = new Set(first);
  const namespace = h(
    "select",
    { class: "input" },
    ...IDENTIFIER_NAMESPACES.map((name) => h("option", { attrs: { value: name } }, namespaceInWords(name))),
  );
  namespace.value = "email";
  const value = h("input", {
    class: "input",
    attrs: { autocomplete: "off", spellcheck: "false", maxlength: 512 },
  });
  if (mayBePerson) void addOwnNamespaces(namespace);
  const way = choice<"segments" | "person">(
    [
      ["segments", "Somebody in segments"],
      ["person", "One person"],
    ],
    { name: "As whom", changed: () => draw() },
  );

  function draw(): void {
    if (way.value() === "person") {
      fill(
        place,
        h("div", { class: "fields" }, field("Known by", namespace), field("Which", value)),
        h(
          "p",
          { class: "hint" },
          "The page as they see it, as far as they agreed to it. The audit log names who looked, and at whom.",
        ),
      );
      return;
    }
    const segments = Object.entries(definitions("segments")).filter(
      ([, { purpose = "personalization" }]) => purpose === "personalization",
    );
    fill(
      place,
      h(
        "div",
        { class: "segment-ticks", attrs: { role: "group", "aria-label": "Segments" } },
        ...segments.map(([name, { description }]) => {
          const one = tick(
            h("span", {}, h("b", {}, name), description && h("span", { class: "hint block" }, description)),
            () => {
              if (one.box.checked) chosen.add(name);
              else chosen.delete(name);
            },
          );
          one.box.checked = chosen.has(name);
          return one.element;
        }),
      ),
      h("p", { class: "hint" }, "In these and in no others. None: a stranger."),
    );
  }

  draw();
  return {
    element: h(
      "div",
      { class: "stack" },
      mayBePerson
        ? way.element
        : h("p", { class: "hint" }, "As one person: only for who may see personal data."),
      place,
    ),
    read: () =>
      way.value() === "person"
        ? { profile: { namespace: namespace.value, value: value.value.trim() } }
        : { segments: [...chosen] },
  };
}
