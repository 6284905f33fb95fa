/**
 * The contracts as they are served: `GET /contracts` lists them as JSON, or as a page for people, and
 * `GET /contracts/:name/:version` is one JSON Schema. All of it is public, the same for everybody, and made when it is
 * first asked for. Mounted by src/app.ts.
 */
import { Hono } from "hono";
import type { LiveContract } from "#contracts/json-schema";
import type { Deprecation } from "#contracts/version";
import { Problem } from "#core/problem";
import { STYLE } from "./style.ts";

/** One contract of the list. Schemas are absolute addresses. */
export interface ListedContract {
  kind: "event" | "entity";
  name: string;
  version: string;
  description: string;
  schema: string;
  deprecated?: Deprecation | undefined;
  /** All live ones, the newest first. */
  versions: { version: string; schema: string; deprecated?: Deprecation | undefined }[];
}

/** A deploy may change what is listed; a version's schema never changes. */
const FOR_A_WHILE = "public, max-age=300";
const FOR_EVER = "public, max-age=31536000, immutable";

export function dictionaryRoutes(): Hono {
  const app = new Hono();
  let registry: ReadonlyMap<string, LiveContract> | undefined;
  // Loaded with the first question: an isolate that is never asked should not start slower for it.
  const contracts = async () => {
    const { liveContracts } = await import("#contracts/json-schema");
    registry ??= new Map(liveContracts().map((contract) => [contract.name, contract]));
    return registry;
  };
  // Kept as values: a promise belongs to the request that made it.
  let page: { text: string; policy: string } | undefined;

  app.get("/contracts", async (c) => {
    const headers = { "cache-control": FOR_A_WHILE, vary: "Accept", "x-content-type-options": "nosniff" };
    const all = [...(await contracts()).values()];
    if (!wantsPage(c.req.header("accept"))) {
      const { origin, pathname } = new URL(c.req.url);
      const listed = all.map((contract) => list(contract, `${origin}${pathname}`));
      return c.json({ contracts: listed }, 200, headers);
    }
    if (!page) {
      const { dictionaryPage } = await import("./page.ts");
      page = { text: await dictionaryPage(all), policy: await policyOf(STYLE) };
    }
    return c.html(page.text, 200, {
      ...headers,
      "content-security-policy": page.policy,
      "referrer-policy": "no-referrer",
    });
  });

  app.get("/contracts/:name/:version", async (c) => {
    const { name, version } = c.req.param();
    const contract = (await contracts()).get(name);
    if (!contract) throw unknownContract("There is no contract of this name.");
    const wanted = version === "latest" ? contract.version : version;
    const found = contract.versions.find((one) => one.version === wanted);
    if (!found) {
      const versions = contract.versions.map((one) => one.version).join(", ");
      throw unknownContract(`${contract.name} has no such version. It has: ${versions}.`);
    }
    const { schemaDocument } = await import("#contracts/json-schema");
    const about = { ...contract, version: found.version };
    return c.body(JSON.stringify(schemaDocument(about, found.schema(), "input")), 200, {
      "content-type": "application/schema+json",
      "cache-control": version === "latest" ? FOR_A_WHILE : FOR_EVER,
      "x-content-type-options": "nosniff",
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

function list(
  { kind, name, version, description, deprecated, versions }: LiveContract,
  at: string,
): ListedContract {
  const schemaOf = (one: string) => `${at}/${name}/${one}`;
  return {
    kind,
    name,
    version,
    description,
    schema: schemaOf(version),
    ...(deprecated && { deprecated }),
    versions: versions.map((one) => ({
      version: one.version,
      schema: schemaOf(one.version),
      ...(one.deprecated && { deprecated: one.deprecated }),
    })),
  };
}

/** No script, no request, no frame; of styles only the page's own. */
async function policyOf(style: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const source = btoa(String.fromCharCode(...new Uint8Array(hash)));
  return [
    "default-src 'none'",
    `style-src 'sha256-${source}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
