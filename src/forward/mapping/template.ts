/** Templates of the mapping language: text with paths in double braces. Read by compile.ts and by check-expression.ts. */

export type TemplatePart = { text: string } | { path: string };

const PATH = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The parts in their order. Braces that are no pair stay text; the check at publish refuses them. */
export function templateParts(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (const found of template.matchAll(PATH)) {
    if (found.index > at) parts.push({ text: template.slice(at, found.index) });
    parts.push({ path: found[1] ?? "" });
    at = found.index + found[0].length;
  }
  if (at < template.length) parts.push({ text: template.slice(at) });
  return parts;
}
