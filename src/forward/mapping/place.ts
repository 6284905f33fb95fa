/**
 * Setting and leaving out fields of a body. A body may share parts with its event, so nothing is changed in place: each
 * object on the way is copied. Pure; used by apply.ts.
 */

/** A field lies within something that has no fields. */
export const BLOCKED = Symbol("blocked");
/** The path names a place of a list, and there is no such list, or not so many places. */
const NOWHERE = Symbol("nowhere");

/** The body with a value at a path. Objects that are missing are made; where a list has no such place, nothing is set. */
export function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const made = put(body, path, value);
  return made === NOWHERE ? body : made;
}

function put(at: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (Array.isArray(at)) {
    if (!isPlace(name)) return BLOCKED;
    if (Number(name) >= at.length) return NOWHERE;
    const inner = put(at[Number(name)], rest, value);
    return typeof inner === "symbol" ? inner : at.with(Number(name), inner);
  }
  if (at === undefined || at === null) {
    if (isPlace(name)) return NOWHERE;
    return nest({}, name, put(undefined, rest, value));
  }
  return isRecord(at) ? nest(at, name, put(own(at, name), rest, value)) : BLOCKED;
}

const nest = (at: Record<string, unknown>, name: string, inner: unknown): unknown =>
  typeof inner === "symbol" ? inner : { ...at, [name]: inner };

/** The body without what is at a path. */
export function without(body: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return body;
  if (Array.isArray(body)) {
    const index = isPlace(name) ? Number(name) : body.length;
    if (index >= body.length) return body;
    return rest.length === 0 ? body.toSpliced(index, 1) : body.with(index, without(body[index], rest));
  }
  if (!isRecord(body) || !Object.hasOwn(body, name)) return body;
  if (rest.length > 0) return { ...body, [name]: without(body[name], rest) };
  const { [name]: _gone, ...left } = body;
  return left;
}

/** What is at a path; undefined where nothing is. */
export const at = (body: unknown, path: readonly string[]): unknown =>
  path.reduce((value, name) => (isRecord(value) ? own(value, name) : undefined), body);

const own = (at: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(at, name) ? at[name] : undefined;

const isPlace = (name: string): boolean => /^\d{1,9}$/.test(name);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
