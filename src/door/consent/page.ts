/**
 * The visitor's page as HTML: what holds for each purpose and why, a form to change it, and what was decided before. No
 * script: it works in a frame, without JavaScript, and with a screen reader. Pure; called by page-routes.ts.
 */
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { RequestContext } from "../context.ts";
import type { Entry, History } from "./history.ts";
import { STYLE } from "./page-style.ts";
import { TEXTS } from "./page-texts.ts";
import { minuteOf, type PurposeView, purposeViews, whereOf } from "./words.ts";

export interface PageGiven {
  context: RequestContext;
  entries: readonly Entry[];
  reason: History["reason"];
  /** Something was just saved. */
  saved: boolean;
  nonce: string;
}

export function consentPage({ context, entries, reason, saved, nonce }: PageGiven): string {
  const views = purposeViews(context, entries);
  return `<!doctype html>
<html lang="${TEXTS.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${text(TEXTS.title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${text(TEXTS.title)}</h1>
<p class="lede">${text(TEXTS.lede)}</p>
${saved ? `<p class="saved" role="status">${text(TEXTS.saved)}</p>` : ""}
<form method="post">
<fieldset>
<legend>${text(TEXTS.legend)}</legend>
${views.map(purposeRow).join("\n")}
</fieldset>
<div class="actions">
<button class="save" name="decision" value="save">${text(TEXTS.save)}</button>
<button name="decision" value="none">${text(TEXTS.withdraw)}</button>
<button name="decision" value="all">${text(TEXTS.allow)}</button>
</div>
</form>
${historyList(entries, reason)}
${isDecided(context) ? `<p class="note">${text(TEXTS.receipt)} ${text(context.consent.receipt)}</p>` : ""}
</main>
</body>
</html>
`;
}

const isDecided = ({ choice, signals }: RequestContext): boolean =>
  choice !== undefined || signals.length > 0;

function purposeRow({ purpose, granted, locked, why }: PurposeView): string {
  const [name, about] = TEXTS.purposes[purpose];
  const state = `${granted ? " checked" : ""}${locked ? " disabled" : ""}`;
  return `<div class="purpose">
<label for="${purpose}">${text(name)}</label>
<input type="checkbox" role="switch" id="${purpose}" name="${purpose}" value="granted" aria-describedby="${purpose}-about ${purpose}-why"${state}>
<p class="text" id="${purpose}-about">${text(about)}</p>
<p class="why" id="${purpose}-why">${text(why.join(" "))}</p>
</div>`;
}

/** What a decision allowed; of one that only declined something, what that was. */
function allowedIn({ granted, unsaid }: Entry): string {
  const names = (purposes: readonly Purpose[]) => purposes.map((purpose) => TEXTS.purposes[purpose][0]);
  if (granted.length > 0) return names(granted).join(", ");
  const denied = PURPOSES.filter((purpose) => !unsaid.includes(purpose));
  return unsaid.length > 0 && denied.length > 0 ? TEXTS.declined(names(denied).join(", ")) : TEXTS.nothing;
}

function historyList(entries: readonly Entry[], reason: History["reason"]): string {
  const note = reason === "no_visitor_id" ? TEXTS.forgotten : reason === "too_many" ? TEXTS.tooMany : "";
  const rows = entries.map((entry) => {
    const cells = [minuteOf(entry.givenAt), allowedIn(entry), whereOf(entry)];
    return `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join("")}</tr>`;
  });
  const table = `<div class="scroll"><table>
<caption>${text(TEXTS.history)}</caption>
<thead><tr>${TEXTS.columns.map((column) => `<th scope="col">${text(column)}</th>`).join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
  return `<details>
<summary>${text(TEXTS.history)} (${entries.length})</summary>
${entries.length > 0 ? table : `<p class="note">${text(TEXTS.none)}</p>`}
${note && entries.length > 0 ? `<p class="note">${text(note)}</p>` : ""}
</details>`;
}

const MARKUP: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or an attribute. */
const text = (plain: string): string => plain.replace(/[&<>"']/g, (mark) => MARKUP[mark] ?? mark);
