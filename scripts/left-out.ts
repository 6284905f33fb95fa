/**
 * What the Worker never does is not uploaded: parts of packages that its own calls cannot reach, which no bundler can know,
 * and what only tests, docs and static assets are made of. A function that is left out throws if it is called after all; where
 * a new version of a package has none of them in a file any more, the build stops.
 */
import { dirname, join } from "node:path";
import { type Plugin, RolldownMagicString } from "rolldown";
import { parseAst } from "rolldown/parseAst";

/** File → its functions that nothing reaches. */
const FUNCTIONS: Readonly<Record<string, RegExp>> = {
  // Schemas become JSON Schema when assets are built.
  "zod/v4/core/json-schema-processors.js": /Processor$/,
  "zod/v4/core/to-json-schema.js": /^create(Standard|To)JSONSchemaMethod$/,
  // The lake's files have no filters, Bloom filters, indexes of pages, shapes and variants, and are told their schema.
  "hyparquet/src/bloom.js": /^(hashParquetValue|readBloomFilter)$/,
  "hyparquet/src/filter.js": /^(matchFilter|canSkipStats|filterPageRanges)$/,
  "hyparquet/src/indexes.js": /^read(Column|Offset)Index$/,
  "hyparquet/src/plan.js": /^prefetch(BloomFilters|PageIndexes)$/,
  "hyparquet/src/rowgroup.js": /^readSelectedPages$/,
  "hyparquet/src/variant.js": /^decodeVariantColumn$/,
  "hyparquet/src/wkb.js": /^wkbToGeojson$/,
  "hyparquet-writer/src/bloom.js": /^(createBloomFilter|optimalNumBytes|writeBloomFilter)$/,
  "hyparquet-writer/src/delta.js": /^delta/,
  "hyparquet-writer/src/geospatial.js": /^geospatialStatistics$/,
  "hyparquet-writer/src/schema.js": /^schemaFromColumnData$/,
  "hyparquet-writer/src/splitstream.js": /^writeByteStreamSplit$/,
  "hyparquet-writer/src/unconvert.js": /^unconvert(Decimal|Float16|Uuid)$/,
  "hyparquet-writer/src/variant.js": /^(autoDetectShredding|encodeVariantColumn|normalizeShreddingConfig)$/,
  "hyparquet-writer/src/wkb.js": /^geojsonToWkb$/,
  // Numbers are read, and neither printed nor guessed at.
  "libphonenumber-js/es6-modern/format.js": /^formatNumber$/,
  "libphonenumber-js/es6-modern/isPossible.js": /^isPossible/,
  "libphonenumber-js/es6-modern/helpers/getPossibleCountriesForNumber.js": /./,
  // Bodies are JSON, read by core/read-body.ts.
  "hono/dist/utils/body.js": /^parseBody$/,
  "hono/dist/utils/mount.js": /^createMountedRequest$/,
};

/** Of what `z.string()` has, all that `z.email()` and its like are for; and what nothing here asks of a schema. */
export const ZOD_MEMBERS =
  /^(email|url|jwt|emoji|guid|uuid(v[467])?|nanoid|cuid2?|ulid|base64(url)?|xid|ksuid|ipv[46]|cidrv[46]|e164|date|time|datetime|duration|slugify|lowercase|uppercase|nonoptional|and|brand|describe|isOptional|isNullable|apply|toJSONSchema)$/;

/** Files → members of their objects that nothing asks for, or nothing but tests, docs and what builds assets. */
const MEMBERS: readonly (readonly [files: RegExp, names: RegExp])[] = [
  [/\/contracts\/(events|entities)\//, /^(description|examples)$/],
  [/\/src\/forward\/destinations\/(.+\/)?settings\.ts$/, /^(description|title)$/],
  [/\/node_modules\/zod\/v4\/classic\/schemas\.js$/, ZOD_MEMBERS],
];

/** Never a field of a schema, which is a call. */
const PLAIN = /^(Literal|TemplateLiteral|ArrayExpression|FunctionExpression)$/;

type Node = { type: string; start: number; end: number } & Record<string, unknown>;

/** The plugin of scripts/build-worker.ts that leaves it out. */
export function leftOut(): Plugin {
  return {
    name: "left-out",
    // The same code for engines of today.
    resolveId: {
      filter: { id: /^\.\.\/es6\// },
      handler: (source, importer) =>
        importer?.includes("/libphonenumber-js/core/")
          ? join(dirname(importer), source.replace("/es6/", "/es6-modern/"))
          : null,
    },
    transform: {
      filter: { id: [/\/node_modules\//, ...MEMBERS.map(([files]) => files)] },
      handler(code, id) {
        const functions = FUNCTIONS[id.replace(/^.*\/node_modules\//, "")];
        const members = MEMBERS.find(([files]) => files.test(id))?.[1];
        if (!functions && !members) return null;
        const text = new RolldownMagicString(code);
        const { body } = parseAst(code, { lang: id.endsWith(".ts") ? "ts" : "js", sourceType: "module" });
        const statements = body as unknown as Node[];
        if (functions) dropFunctions(text, statements, functions, id);
        if (members) dropMembers(text, statements, members, code);
        return { code: text.toString(), map: text.generateMap({ hires: true }).toString() };
      },
    },
  };
}

function dropFunctions(
  text: RolldownMagicString,
  statements: readonly Node[],
  names: RegExp,
  id: string,
): void {
  const dropped = statements.flatMap(functionsOf).filter(({ name }) => names.test(name));
  if (dropped.length === 0) throw new Error(`${id} has no function ${names}: see scripts/left-out.ts`);
  for (const { body } of dropped)
    text.overwrite(body.start, body.end, '{ throw Error("not in the Worker"); }');
}

/** The functions that a statement at the top of a module declares. */
function functionsOf(statement: Node): { name: string; body: Node }[] {
  const node = (statement.declaration as Node | null) ?? statement;
  if (node.type === "FunctionDeclaration") return [{ name: nameOf(node.id), body: node.body as Node }];
  if (node.type !== "VariableDeclaration") return [];
  return (node.declarations as Node[]).flatMap(({ id, init }) =>
    (init as Node | null)?.type === "ArrowFunctionExpression"
      ? [{ name: nameOf(id), body: (init as Node).body as Node }]
      : [],
  );
}

function dropMembers(text: RolldownMagicString, node: unknown, names: RegExp, code: string): void {
  if (typeof node !== "object" || node === null) return;
  for (const part of Array.isArray(node) ? node : Object.values(node)) {
    const { type, key, value, start, end } = (part ?? {}) as Node;
    if (type === "Property" && names.test(nameOf(key)) && PLAIN.test((value as Node).type))
      text.remove(start, code[end] === "," ? end + 1 : end);
    else dropMembers(text, part, names, code);
  }
}

const nameOf = (node: unknown): string => (node as { name?: string } | null)?.name ?? "";
