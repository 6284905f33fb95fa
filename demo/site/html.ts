/**
 * HTML with escaping by default: every value put into an `html` template is escaped unless it is
 * itself the result of a template. All pages of the demo site are made with it.
 */

/** Markup that is safe to send. Only `html` and `trusted` make it. */
export type Html = { readonly markup: string };

type Value = string | number | Html | readonly Html[] | null | undefined | false;

/** Tagged template: escapes strings, joins lists, leaves out null, undefined and false. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  const markup = strings.reduce((text, part, position) => text + render(values[position - 1]) + part);
  return { markup };
}

/** Marks a constant of our own (an SVG, say) as markup. Never for anything that came in a request. */
export function trusted(markup: string): Html {
  return { markup };
}

/** Escapes text for element content and for attributes in either kind of quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON for a `<script type="application/json">` block, which must not hold `</script` or `<!--`. */
export function jsonScript(id: string, value: unknown): Html {
  return trusted(
    `<script type="application/json" id="${escapeHtml(id)}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`,
  );
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if ("markup" in value) return value.markup;
  return value.map((item) => item.markup).join("");
}
