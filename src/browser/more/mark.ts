/**
 * The marks of the consent strings that the door was last told: `<TCF>.<GPP>`. The door writes them into the decision's
 * cookie, so that a stored string is not told with every page. Called by signals.ts.
 */
import { consentCookie } from "../consent-cookie.ts";
import { guard } from "../guard.ts";
import type { Strings } from "./signals.ts";

/** FNV-1a, 32 bit, in base 36: as src/door/consent/told.ts makes it. */
const markOf = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
};

/** Whether the door was told these strings. @param marks of the cookie */
export const isTold = ({ tcf, gpp }: Strings, marks: string): boolean => {
  const [ofTcf, ofGpp] = marks.split(".");
  return (tcf === undefined || markOf(tcf) === ofTcf) && (gpp === undefined || markOf(gpp) === ofGpp);
};

/** The marks in the decision's cookie, if there are any. */
export const toldMarks = (): string | undefined =>
  guard((): string | undefined => {
    const payload = consentCookie(document.cookie);
    return payload ? JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))).s : undefined;
  })();
