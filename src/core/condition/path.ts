/**
 * Reading what a condition names: null where there is nothing, which is what the specification's operators expect, and
 * nothing that objects or lists inherit. Attributes are plain data, or computed as they are asked for (src/segments/lazy.ts),
 * so nothing is read that is not asked about.
 */

/** Reads one path of an object or a list. */
export type Read = (from: Record<string, unknown>) => unknown;

/** @param path dotted */
export function compilePath(path: string): Read {
  const parts = path.split(".").map(compilePart);
  const [first, second] = parts;
  if (!first || parts.length === 1) return first ?? (() => null);
  if (second && parts.length === 2)
    return (from) => {
      const inner = first(from);
      return isObject(inner) ? second(inner) : null;
    };
  return (from) => {
    let value: unknown = from;
    for (const part of parts) {
      if (!isObject(value)) return null;
      value = part(value);
    }
    return value;
  };
}

/** Looking a name up and then asking whose it is costs twice as much; only names that plain data inherits need both. */
const isInherited = (name: string): boolean => name in Object.prototype || name in Array.prototype;

const compilePart = (name: string): Read =>
  isInherited(name)
    ? (from) => (hasSelf(from, name) ? from[name] : null)
    : (from) => {
        const value = from[name];
        return value === undefined && !(name in from) ? null : value;
      };

/** Whether it is the object's own, or of what an object that is no Object is made of. */
const hasSelf = (from: object, name: string): boolean =>
  from instanceof Object ? Object.hasOwn(from, name) : name in from;

/** What is at a path that is asked for once. */
export function valueAt(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const part of path) {
    if (!isObject(value) || !hasSelf(value, part)) return null;
    value = value[part];
  }
  return value;
}

/** An object or a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
