/** Who may be told why an offer lost: any operator. Asked by src/pages.ts where a request for slots wants to know. */
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import { type AuthenticateDeps, authenticate, hasCredentials } from "./authenticate.ts";
import { permissionsOf } from "./permissions.ts";

/** Whether a request comes from somebody who may see events. Never throws: the slot is answered either way. */
export async function mayExplain(headers: Headers, deps: AuthenticateDeps): Promise<boolean> {
  if (!hasCredentials(headers)) return false;
  try {
    const { actor } = await authenticate(headers, deps);
    return permissionsOf(actor.role).includes("events:read");
  } catch (error) {
    if (!(error instanceof Problem)) logError("nothing is explained", error);
    return false;
  }
}
