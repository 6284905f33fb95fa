/** Who uses the operator's API: made by src/console/access from a token or an Access JWT, and named in the audit log. */
import type { Role } from "#contracts/taxonomy";

export interface Actor {
  /** Id of the token, `root` for ADMIN_TOKEN, or `access:<subject>`; `system` for the Worker itself. */
  id: string;
  name: string;
  role: Role;
  /** May see personal data. */
  personal: boolean;
  /** Sources whose events may be seen; undefined: all. */
  sources: readonly string[] | undefined;
}

/** The Worker itself, where a schedule or a workflow acts. */
export const SYSTEM: Actor = {
  id: "system",
  name: "Doorstep",
  role: "admin",
  personal: false,
  sources: undefined,
};
