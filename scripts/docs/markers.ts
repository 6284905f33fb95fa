/** The generated parts of a document, by their markers. Called by scripts/docs.ts and its test. */

/** One generated part. A new one is an entry in blocks.ts and its two markers in the file. */
export interface Block {
  /** From the root of the repository. */
  file: string;
  /** Markdown without a newline at its end. */
  render(): string;
}

const MARKERS = /<!-- generated: ([\w-]+) -->\n(?:[\s\S]*?\n)??<!-- \/generated -->/g;

/**
 * A document with its generated parts written anew.
 * @throws Error for a block of this file that has no markers, and for markers that name no block of it
 */
export function renderInto(text: string, file: string, blocks: Readonly<Record<string, Block>>): string {
  const expected = new Set(Object.keys(blocks).filter((name) => blocks[name]?.file === file));
  const written = text.replace(MARKERS, (_, name: string) => {
    if (!expected.delete(name))
      throw new Error(`${file}: "${name}" is no block of this file, or is there twice`);
    return `<!-- generated: ${name} -->\n\n${blocks[name]?.render()}\n\n<!-- /generated -->`;
  });
  if (expected.size > 0) throw new Error(`${file} has no markers for ${[...expected].join(", ")}`);
  return written;
}

/** A Markdown table. Bars in cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
