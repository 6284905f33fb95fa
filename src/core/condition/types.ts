/** What a condition may ask about an attribute: its type. The types of a release are in src/release/attribute-types.ts. */

/** `unknown`: text or number, as the events have it. An object's parts are asked about by path. */
export type AttributeType =
  | "number"
  | "string"
  | "boolean"
  | "string[]"
  | "unknown"
  /** Text of a closed list. */
  | { oneOf: readonly string[] }
  /** A number between these, both included. */
  | { least: number; most?: number }
  | { parts: Readonly<Record<string, AttributeType>> | "numbers" };

/** Attributes by name: with their types, or where only their names are known. */
export type KnownFields = ReadonlyMap<string, AttributeType> | Iterable<string>;

/** The type of what is at a path; undefined where nothing can be there. */
export function typeAt(known: ReadonlyMap<string, AttributeType>, path: string): AttributeType | undefined {
  const [name = "", ...parts] = path.split(".");
  // A name may have dots itself, where only names are known.
  let type = known.get(path);
  if (type !== undefined) return type;
  type = known.get(name);
  for (const part of parts) {
    if (type === "unknown") return type;
    if (typeof type !== "object" || !("parts" in type)) return undefined;
    if (type.parts === "numbers") type = "number";
    else type = Object.hasOwn(type.parts, part) ? type.parts[part] : undefined;
  }
  return type;
}

/** The type as a word of a message. */
export function nameOf(type: AttributeType): string {
  if (type === "string[]") return "a list of texts";
  if (type === "boolean") return "true or false";
  if (type === "number" || (typeof type === "object" && "least" in type)) return "a number";
  return typeof type === "object" && "parts" in type ? "an object" : "text";
}
