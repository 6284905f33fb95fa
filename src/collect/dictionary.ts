/**
 * The contracts as they are served: `GET /contracts` lists them as JSON, or as a page for people, and
 * `GET /contracts/:name/:version` is one JSON Schema. All of it is public, the same for everybody, and built into static
 * assets by scripts/dictionary/assets.ts. Mounted by src/app.ts.
 */
import { Hono } from "hono";
import type { Deprecation } from "#contracts/version";
import { Problem } from "#core/problem";

interface Version {
  version: string;
  deprecated?: Deprecation | undefined;
}

/** A contract of the registry as it is now, with all of its live versions, the newest first. */
export interface DictionaryContract extends Version {
  kind: "event" | "entity";
  name: string;
  description: string;
  versions: Version[];
}

/** The asset `contracts/list.json`. */
export interface Dictionary {
  /** The page's `Content-Security-Policy`. */
  pagePolicy: string;
  contracts: DictionaryContract[];
}

/** One contract of the list. Schemas are absolute addresses. */
export interface ListedContract extends DictionaryContract {
  schema: string;
  versions: (Version & { schema: string })[];
}

/** A deploy may change what is listed; a version's schema never changes. */
const FOR_A_WHILE = "public, max-age=300";
const FOR_EVER = "public, max-age=31536000, immutable";

export function dictionaryRoutes(assets: Fetcher): Hono {
  const app = new Hono();
  const asset = async (path: string): Promise<Response> => {
    const response = await assets.fetch(`https://assets.local/contracts/${path}`);
    if (!response.ok) throw new Error(`the asset contracts/${path} answers ${response.status}`);
    return response;
  };
  // Kept as a value: a promise belongs to the request that made it.
  let known: Dictionary | undefined;
  const dictionary = async (): Promise<Dictionary> => {
    known ??= await (await asset("list.json")).json<Dictionary>();
    return known;
  };

  app.get("/contracts", async (c) => {
    const { pagePolicy, contracts } = await dictionary();
    const headers = { "cache-control": FOR_A_WHILE, vary: "Accept", "x-content-type-options": "nosniff" };
    if (!wantsPage(c.req.header("accept"))) {
      const { origin, pathname } = new URL(c.req.url);
      return c.json({ contracts: contracts.map((one) => list(one, `${origin}${pathname}`)) }, 200, headers);
    }
    return c.html(await (await asset("page.txt")).text(), 200, {
      ...headers,
      "content-security-policy": pagePolicy,
      "referrer-policy": "no-referrer",
    });
  });

  app.get("/contracts/:name/:version", async (c) => {
    const { name, version } = c.req.param();
    const contract = (await dictionary()).contracts.find((one) => one.name === name);
    if (!contract) throw unknownContract("There is no contract of this name.");
    const wanted = version === "latest" ? contract.version : version;
    const found = contract.versions.find((one) => one.version === wanted);
    if (!found) {
      const versions = contract.versions.map((one) => one.version).join(", ");
      throw unknownContract(`${contract.name} has no such version. It has: ${versions}.`);
    }
    const schema = await asset(`${contract.name}.${found.version}.json`);
    return new Response(schema.body, {
      headers: {
        "content-type": "application/schema+json",
        "cache-control": version === "latest" ? FOR_A_WHILE : FOR_EVER,
        "x-content-type-options": "nosniff",
      },
    });
  });
  return app;
}

const unknownContract = (detail: string) => new Problem(404, "unknown_contract", detail);

/** A browser asks for HTML before anything else; who asks for anything gets JSON. */
function wantsPage(accept: string | undefined): boolean {
  const html = accept?.indexOf("text/html") ?? -1;
  const json = accept?.indexOf("application/json") ?? -1;
  return html >= 0 && (json < 0 || html < json);
}

function list(contract: DictionaryContract, at: string): ListedContract {
  const withSchema = (one: Version) => ({ ...one, schema: `${at}/${contract.name}/${one.version}` });
  return { ...contract, ...withSchema(contract), versions: contract.versions.map(withSchema) };
}
