/** A type of destination that there is none of, as docs/destinations/writing.md shows it: its source, which a test delivers to. */
import { readFileSync } from "node:fs";

const KINDS = new URL("../../../test/unit/forward/kinds/", import.meta.url);

/** Folded, without the comment that the file opens with. */
export function sketch(kind: string): string {
  const source = readFileSync(new URL(`${kind}.ts`, KINDS), "utf8");
  const code = source.replace(/^\/\*\*[\s\S]*?\*\/\n/, "").trim();
  return `<details><summary><code>test/unit/forward/kinds/${kind}.ts</code></summary>\n\n\`\`\`ts\n${code}\n\`\`\`\n\n</details>`;
}
