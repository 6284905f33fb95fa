/** How far a profile is known. Pure. */
import type { IdentityState } from "#contracts/taxonomy";
import { isScoped, namesPerson } from "./graph.ts";

/**
 * `authenticated`: a proven identifier of a person is a member; `pseudonymous`: a claimed one (a scoped row) is;
 * `anonymous`: only devices are.
 */
export function identityState(members: readonly string[]): IdentityState {
  let state: IdentityState = "anonymous";
  for (const key of members) {
    if (!namesPerson(key)) continue;
    if (!isScoped(key)) return "authenticated";
    state = "pseudonymous";
  }
  return state;
}
