/** Which role may do what, as a table: the permissions of src/console/access/permissions.ts. */
import { ROLES } from "#contracts/taxonomy";
import { PERMISSIONS, permissionsOf } from "../../access/permissions.ts";
import { h } from "../dom.ts";
import { PERMISSION_WORDS, roleInWords } from "../permission-words.ts";
import { capitalised, code } from "../steps.ts";

export function rolesTable(): HTMLElement {
  const ofRole = ROLES.map((role) => new Set(permissionsOf(role)));
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      { class: "roles" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { attrs: { scope: "col" } }, "May"),
          ...ROLES.map((role) => h("th", { attrs: { scope: "col" } }, capitalised(roleInWords(role)))),
        ),
      ),
      h(
        "tbody",
        {},
        ...PERMISSIONS.map((permission) =>
          h(
            "tr",
            {},
            h(
              "th",
              { attrs: { scope: "row" } },
              PERMISSION_WORDS[permission],
              h("span", { class: "block" }, code(permission)),
            ),
            ...ofRole.map((permissions) => cell(permissions.has(permission))),
          ),
        ),
      ),
    ),
    h(
      "p",
      { class: "hint table-note" },
      "Besides the role, a token says whether it shows personal data and which sources' events it shows. What shows the values of a person asks for both: the permission, and personal data.",
    ),
  );
}

const cell = (has: boolean): HTMLElement =>
  h(
    "td",
    { class: has ? "has" : "has-not" },
    h("span", { attrs: { "aria-hidden": "true" } }, has ? "✓" : "–"),
    h("span", { class: "visually-hidden" }, has ? "yes" : "no"),
  );
