/** Who is logged in, in the bar: the name, the role, and until when. */
import { h } from "./dom.ts";
import type { Me } from "./may.ts";
import { roleInWords } from "./permission-words.ts";
import { dateOf, timeOf } from "./time.ts";

const DAY_MS = 86_400_000;
/** From then on it is said in colour that the token ends. */
const SOON_DAYS = 7;

/** The name and, below it, the role and the end. */
export function whoIs(me: Me, now = Date.now()): HTMLElement {
  const { name, role, personal, sources, expires_at } = me;
  const isSoon = expires_at !== null && Date.parse(expires_at) - now < SOON_DAYS * DAY_MS;
  return h(
    "p",
    {
      class: "who",
      attrs: { role: "group", "aria-label": "Logged in as", title: limitsInWords(personal, sources) },
    },
    h("b", {}, name),
    h(
      "span",
      { class: "hint" },
      roleInWords(role),
      expires_at !== null && " · ",
      expires_at !== null &&
        h(
          "time",
          {
            class: isSoon ? "ends-soon" : "",
            attrs: { datetime: expires_at, title: timeOf(expires_at).whole },
          },
          `until ${dateOf(expires_at)}`,
        ),
    ),
  );
}

/** What a token may show besides what its role says. */
export function limitsInWords(personal: boolean, sources: readonly string[] | null): string {
  const from = sources === null ? "of all sources" : `of ${sources.join(", ")} alone`;
  return `Sees events ${from}, ${personal ? "and" : "no"} personal data.`;
}
