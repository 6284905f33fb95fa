/** What is said in place of what one may not see or do: what is missing, and how one comes by it. */
import type { Permission } from "../access/permissions.ts";
import { type Child, empty, h } from "./dom.ts";
import { lacking, may, type Needs } from "./may.ts";
import { PERMISSION_WORDS, rolesInWords } from "./permission-words.ts";
import { code } from "./steps.ts";

/** In place of a view, or of a part of one. @param what its title */
export function notPermitted(what: string, needs: Needs): HTMLElement {
  const lacks = lacking(needs);
  return empty(
    `You may not see this: ${what}`,
    ...(lacks.includes("oneOf") ? [...needs.oneOf.map(needed), howToGet(needs.oneOf)] : []),
    lacks.includes("personal") &&
      "It shows personal data, and your token does not let you see any. An admin can make you one that does.",
    lacks.includes("everySource") &&
      "Your token is for some sources alone, and this belongs to all of them. An admin can make you one for all.",
  );
}

/** Above what may be read and not changed; nothing for those who may change it. */
export const readOnly = (needs: Permission): Child =>
  !may(needs) &&
  h("p", { class: "notice quiet read-only" }, "Read only. ", needed(needs), " ", howToGet([needs]));

const needed = (permission: Permission): HTMLElement =>
  h("span", {}, `To ${PERMISSION_WORDS[permission]}, one needs the permission `, code(permission), ".");

const howToGet = (needs: readonly Permission[]): string =>
  `Of the roles, ${rolesInWords(needs)} may; an admin can make you a token of such a role.`;
