/**
 * Nothing this script does may break the page: every entry point, listener and timer runs inside a guard, which turns
 * an error into a warning in the console. Called from everywhere in this folder.
 */

/** The same function, but it returns undefined and warns where it would throw. */
export const guard =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return work(...args);
    } catch (error) {
      console.warn("doorstep:", error);
      return undefined;
    }
  };

/** A guarded, passive listener that hears the event before the page can stop it. */
export const on = (target: EventTarget, type: string, listener: (event: Event) => void): void =>
  target.addEventListener(type, guard(listener), { capture: true, passive: true });

/** A guarded `setTimeout`. */
export const later = (work: () => void, delayMs?: number): number => window.setTimeout(guard(work), delayMs);
