/** JSON as a person writes it: what is short stands on one line. For the examples of generated documents. */

const WIDTH = 100;

/** @param indent of the lines after the first */
export function readable(value: unknown, indent = ""): string {
  const flat = JSON.stringify(value, null, 1)
    .replace(/(?<=\[)\n\s*|\n\s*(?=\])/g, "")
    .replace(/\n\s*/g, " ");
  if (typeof value !== "object" || value === null || indent.length + flat.length <= WIDTH) return flat;
  const inner = `${indent}  `;
  const [open, close, lines] = Array.isArray(value)
    ? ["[", "]", value.map((one) => readable(one, inner))]
    : [
        "{",
        "}",
        Object.entries(value)
          .filter(([, one]) => one !== undefined)
          .map(([name, one]) => `${JSON.stringify(name)}: ${readable(one, inner)}`),
      ];
  return `${open}\n${lines.map((line) => inner + line).join(",\n")}\n${indent}${close}`;
}

/** As a block of Markdown. */
export const jsonBlock = (value: unknown): string => `\`\`\`json\n${readable(value)}\n\`\`\``;
