/**
 * What somebody pastes or drops as a list, as entries: lines of one value each, `namespace,value`, or a table whose heading
 * names what its columns are. Pure; used by import.ts.
 */
export interface Entry {
  namespace: string;
  value: string;
}

export interface ReadEntries {
  entries: Entry[];
  /** The line of the text that each entry is on; the first is 1. */
  lines: number[];
}

/**
 * @param namespace of values that stand alone
 * @param known namespaces that there are: what a heading or a first column is recognised by
 */
export function readEntries(text: string, namespace: string, known: ReadonlySet<string>): ReadEntries {
  const rows = rowsOf(text);
  const heading = rows[0]?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const read: ReadEntries = { entries: [], lines: [] };
  const add = (name: string, value: string | undefined, line: number) => {
    if (value === undefined || value.trim() === "") return;
    read.entries.push({ namespace: name, value: value.trim() });
    read.lines.push(line);
  };
  const pair = [heading.indexOf("namespace"), heading.indexOf("value")];
  const columns = heading.flatMap((name, n) =>
    known.has(asNamespace(name)) ? [[n, asNamespace(name)] as const] : [],
  );
  if (pair.every((at) => at >= 0)) {
    for (const { cells, line } of rows.slice(1))
      add(cells[pair[0] ?? 0]?.trim() ?? "", cells[pair[1] ?? 1], line);
  } else if (columns.length > 0 && !(heading.length === 2 && columns.length === 1 && isPair(rows, known))) {
    for (const { cells, line } of rows.slice(1)) for (const [n, name] of columns) add(name, cells[n], line);
  } else {
    for (const { cells, line } of rows) {
      const [first = "", second] = cells;
      if (second !== undefined && known.has(first.trim())) add(first.trim(), second, line);
      else add(namespace, first, line);
    }
  }
  return read;
}

/** `E-Mail` and `user id` are meant as well. */
const asNamespace = (heading: string): string =>
  heading.replace(/^e-?mail( address)?$/, "email").replace(/[\s-]+/g, "_");

/** Every line names its namespace first: there is no heading. */
const isPair = (rows: readonly Row[], known: ReadonlySet<string>): boolean =>
  rows.every(({ cells }) => known.has(cells[0]?.trim() ?? "") && !known.has(asNamespace(cells[1] ?? "")));

interface Row {
  cells: string[];
  line: number;
}

/** RFC 4180, with `;` and tabs too: what spreadsheets of other countries write. A quoted cell may go over lines. */
function rowsOf(text: string): Row[] {
  const source = text.replace(/^\ufeff/, "");
  const separator = [";", "\t"].find((one) => source.split("\n", 1)[0]?.includes(one)) ?? ",";
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let line = 1;
  let startedAt = 1;
  let isQuoted = false;
  const end = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim() !== "")) rows.push({ cells, line: startedAt });
    cells = [];
    cell = "";
  };
  for (let n = 0; n < source.length; n++) {
    const sign = source.charAt(n);
    if (sign === "\n") line++;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (source[n + 1] === '"') {
        cell += '"';
        n++;
      } else isQuoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      cell = "";
      isQuoted = true;
    } else if (sign === separator) {
      cells.push(cell);
      cell = "";
    } else if (sign === "\n") {
      end();
      startedAt = line;
    } else if (sign !== "\r") cell += sign;
  }
  end();
  return rows;
}
