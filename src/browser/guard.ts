/**
 * Nothing this script does may break the page: every entry point, listener and timer runs inside a guard, which turns
 * an error into a warning in the console. Called from everywhere in this folder.
 */

/** Tells the site's developers what went wrong. */
export const warn = (...what: unknown[]): undefined => {
  try {
    console.warn("doorstep:", ...what);
  } catch {
    // A page that broke its own console does not want to hear it.
  }
};

/** The same function, but it returns undefined and warns where it would throw. */
export const guard =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return work(...args);
    } catch (error) {
      warn(error);
    }
  };

/** A guarded listener that hears the event before the page can stop it. `E` is what `type` dispatches. */
export const on = <E extends Event>(target: EventTarget, type: string, listener: (event: E) => void): void =>
  // The DOM promises the pair of type and event; the guard catches a page that dispatches another one.
  target.addEventListener(type, guard(listener as (event: Event) => void), true);

/** A guarded `setTimeout`; `delayMs` defaults to the end of the current task. */
export const later = (work: () => void, delayMs?: number): number =>
  setTimeout(guard(work), delayMs) as unknown as number; // a page's timer, not Node's

/** Waits; `onStart` gets the function that ends the wait early. */
export const sleep = (delayMs: number, onStart?: (end: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    later(resolve, delayMs);
    onStart?.(resolve);
  });
