/** What an isolate loads with the first request that needs it: until then its code costs nothing. */
import { after } from "./after.ts";

/**
 * @param load called with the first question; where several come at once, what the first made is everybody's
 * @returns asks it: no promise once it is there
 */
export function whenAsked<T extends object>(
  load: () => Promise<T>,
): <R>(use: (loaded: T) => R | Promise<R>) => R | Promise<R> {
  let loaded: T | undefined;
  // Not one promise for all: it would belong to the request that made it.
  const first = async (): Promise<T> => {
    const made = await load();
    loaded ??= made;
    return loaded;
  };
  return (use) => after(loaded ?? first(), use);
}
