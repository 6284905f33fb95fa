/** Permissions and roles in the words of the console. Who has which is src/console/access/permissions.ts. */
import { ROLES, type Role } from "#contracts/taxonomy";
import { type Permission, permissionsOf } from "../access/permissions.ts";
import { listInWords } from "../wording.ts";

/** What each lets one do. */
export const PERMISSION_WORDS: Record<Permission, string> = {
  "events:read": "see events and their traces",
  "release:read": "see the release and its history",
  "release:write": "publish a release",
  "delivery:read": "see destinations, queues, failures and accounts of deliveries",
  "delivery:operate": "pause, resume, check and backfill destinations, and mend and replay failures",
  "quarantine:read": "see what was refused, and why",
  "quarantine:repair": "repair, replay and discard what was refused",
  "consent:read": "see rates of consent",
  "person:read": "see the decisions and the data of one person",
  "identity:read": "see how well people are recognised",
  "identity:manage": "merge and split profiles, undo that, and settle conflicts",
  "subjects:read": "see subject requests and ask the suppression list",
  "subjects:manage": "make and decide subject requests, and lift a suppression",
  "audit:read": "read and check the audit log",
  "access:manage": "create and revoke tokens",
  "keys:rotate": "see how far a rotation of the keys is",
};

/** `privacy_officer` is "privacy officer". */
export const roleInWords = (role: Role): string => role.replaceAll("_", " ");

/** Roles that have one of the permissions: "engineer and admin". */
export const rolesInWords = (needs: readonly Permission[]): string =>
  listInWords(
    ROLES.filter((role) => permissionsOf(role).some((one) => needs.includes(one))).map(roleInWords),
  );
