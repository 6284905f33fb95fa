/**
 * The dictionary of contracts as static assets: the list, the page for people, and a JSON Schema for each live version.
 * src/collect/dictionary.ts answers from them, so that the Worker carries none of it. Built by scripts/build-assets.ts.
 */
import { createHash } from "node:crypto";
import { type LiveContract, liveContracts, schemaDocument } from "../../contracts/json-schema.ts";
import type { Dictionary, DictionaryContract } from "../../src/collect/dictionary.ts";
import { dictionaryPage } from "./page.ts";
import { STYLE } from "./style.ts";

/** Texts by their paths within the assets. */
export async function dictionaryAssets(): Promise<Record<string, string>> {
  const contracts = liveContracts();
  const dictionary: Dictionary = { pagePolicy: policyOf(STYLE), contracts: contracts.map(listed) };
  const schemas = contracts.flatMap((contract) =>
    contract.versions.map(({ version, schema }) => [
      `contracts/${contract.name}.${version}.json`,
      JSON.stringify(schemaDocument({ ...contract, version }, schema(), "input")),
    ]),
  );
  return {
    "contracts/list.json": JSON.stringify(dictionary),
    // Not as .html, which is served without its ending.
    "contracts/page.txt": await dictionaryPage(contracts),
    ...Object.fromEntries(schemas),
  };
}

const listed = ({
  kind,
  name,
  version,
  description,
  deprecated,
  versions,
}: LiveContract): DictionaryContract => ({
  kind,
  name,
  version,
  description,
  deprecated,
  versions: versions.map((one) => ({ version: one.version, deprecated: one.deprecated })),
});

/** No script, no request, no frame; of styles only the page's own. */
const policyOf = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
