/** Finds what another script puts on the page, whichever of both comes first. Called by tcf.ts and gpp.ts. */
import { later } from "../guard.ts";

const LOOK_EVERY_MS = 250;
/** Two minutes: a consent manager that is not there by then does not come. */
const LOOKS = 480;

/** A function of the page that takes a command and a callback. */
export type PageApi = (...args: unknown[]) => unknown;

/** Calls back with the global function of this name as soon as there is one. */
export const whenDefined = (name: string, found: (api: PageApi) => void, looks = LOOKS): void => {
  const api = (window as unknown as Record<string, unknown>)[name];
  if (typeof api === "function") found(api as PageApi);
  else if (looks) later(() => whenDefined(name, found, looks - 1), LOOK_EVERY_MS);
};
