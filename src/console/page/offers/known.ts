/** What an audience or a score may ask about, of the document that is shown, whatever state it is in. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type AttributeType, typeAt } from "#core/condition/types";
import { attributeTypes } from "#release/attribute-types";
import { PERSON_FIELDS } from "#slots/person-fields";
import { type Known, knownOf } from "../condition/row.ts";
import { current } from "../draft/store.ts";

/** Types by name; of a draft that cannot be read, none but what is built in. */
function types(): Map<string, AttributeType> {
  const features = current()?.document.features ?? {};
  try {
    return attributeTypes({ features } as ReleaseDocument); // it reads nothing else of it
  } catch {
    return attributeTypes({ features: {} } as ReleaseDocument);
  }
}

export const knownNow = (): Known => knownOf(current()?.document ?? {}, types());

/** Names whose value is a number; of an affinity with its dot: `topic_affinity.`. */
export function numberNames(): string[] {
  const known = knownNow();
  return known.names.filter((name) => {
    const type = typeAt(known.types, name.endsWith(".") ? `${name}x` : name);
    return type === "number" || type === "unknown" || (typeof type === "object" && "least" in type);
  });
}

/** What a template may name. */
export const templateNames = (): string[] => [
  ...PERSON_FIELDS.map((name) => `person.${name}`),
  ...knownNow().names.filter((name) => !name.endsWith(".") && name !== "segments" && name !== "lists"),
];
