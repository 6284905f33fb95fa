/**
 * Something that is made when it is first asked for, and then kept. An isolate makes the schemas of the events that come,
 * not those of all contracts when it starts.
 */

/** @param make called once, with the first call */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
