/** Which names a condition compares `segments` or `lists` with. Pure; for the checks of a release. */

/**
 * The texts that a condition compares one attribute with, wherever in it.
 * @param attribute `segments` or `lists`
 */
export function namesIn(condition: unknown, attribute: string): string[] {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === attribute && !Array.isArray(value)) texts(inner, names);
      else look(inner);
    }
  };
  look(condition);
  return [...names];
}

function texts(value: unknown, names: Set<string>): void {
  if (typeof value === "string") names.add(value);
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) if (!NO_NAMES.has(key)) texts(inner, names);
}

/** Operators whose texts are no names: a pattern, a type. */
const NO_NAMES = new Set(["$regex", "$regexi", "$type"]);

/** Whether a condition asks about an attribute, wherever in it. */
export function asksFor(condition: unknown, attribute: string): boolean {
  if (typeof condition !== "object" || condition === null) return false;
  if (!Array.isArray(condition) && Object.hasOwn(condition, attribute)) return true;
  return Object.values(condition).some((inner) => asksFor(inner, attribute));
}
