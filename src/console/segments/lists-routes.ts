/**
 * Imported lists in the operator's API: who is on which is sent as values, which are hashed and not kept. Mounted by
 * src/operator.ts, behind access/guard.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { needsPhones } from "#identity/normalise";
import { loadPhones } from "#identity/normalise/phone";
import { valueRules } from "#identity/normalise/rules";
import type { IdentityShards } from "#identity/shards";
import type { Keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import {
  csvEntries,
  LIST_MODES,
  type ListMode,
  listBodySchema,
  MAX_ENTRIES,
  numbered,
  type RefusedEntry,
  readList,
} from "#segments/lists";
import { beginImport, changeList, type ListImport, listImports, listSizes } from "#segments/lists-store";
import type { ActorRoutes } from "../routes.ts";

export interface ListsDeps {
  /** The first database. */
  db: D1Database;
  identity: IdentityShards;
  kv: KVNamespace;
  keys: () => Promise<Keyring>;
  clock: Clock;
}

export interface ImportShown {
  id: number;
  at: string;
  /** Name of who did it. */
  by: string;
  mode: ListMode;
  entries: number;
  refused: number;
}

export interface ListShown {
  name: string;
  description: string;
  /** Identifiers on it. */
  identifiers: number;
  /** Newest first. */
  imports: ImportShown[];
}

export interface Imported {
  import: number;
  /** Identifiers that were put on the list by it, and taken away. */
  added: number;
  removed: number;
  /** Entries that name nobody, of which the first are listed. */
  refused: number;
  issues: RefusedEntry[];
}

const MAX_BODY_BYTES = 12_000_000;
const MAX_IMPORTS = 500;

/** The routes, below `/admin/api`. */
export function listsRoutes(deps: ListsDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const { db, identity, kv, clock } = deps;
  const release = async () => (await activeRelease(kv, clock())).document;

  app.get("/lists", async (c) => {
    const [document, imports, sizes] = await Promise.all([
      release(),
      listImports(db, MAX_IMPORTS),
      listSizes(identity),
    ]);
    const lists = Object.entries(document.lists).map(
      ([name, { description = "" }]): ListShown => ({
        name,
        description,
        identifiers: sizes.get(name) ?? 0,
        imports: imports.filter(({ list }) => list === name).map(shown),
      }),
    );
    return c.json({ lists });
  });

  app.post("/lists/:key", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const list = c.req.param("key");
    const document = await release();
    if (!Object.hasOwn(document.lists, list))
      throw new Problem(
        404,
        "unknown_list",
        "The active release has no list of this name: add it to `lists`.",
      );
    const isCsv = /^text\/csv\b/.test(c.req.header("content-type") ?? "");
    const body = isCsv ? undefined : await readBody(c, listBodySchema, FORM);
    const mode = body ? body.mode : modeOf(c.req.query("mode"));
    const lines = body ? numbered(body.entries) : csvEntries(await c.req.text());
    const rules = valueRules(document);
    if (lines.some((line) => "namespace" in line && needsPhones(line.namespace, rules))) await loadPhones();
    const { keys, others, refused, issues } = await readList(lines, await deps.keys(), rules);
    if (keys.length === 0 && refused > 0)
      throw new Problem(
        422,
        "nothing_to_import",
        `Not one entry names a person: ${issues[0]?.reason}. ${FORM}`,
      );
    const now = clock();
    const actor = c.get("actor").name;
    const id = await beginImport(db, { list, at: now, actor, mode, entries: lines.length, refused });
    const changed = await changeList(identity, { list, mode, id, keys, others, now });
    const answer: Imported = { import: id, ...changed, refused, issues };
    return c.json(answer);
  });

  return app;
}

const shown = ({ id, at, actor, mode, entries, refused }: ListImport): ImportShown => ({
  id,
  at: new Date(at).toISOString(),
  by: actor,
  mode,
  entries,
  refused,
});

function modeOf(given = "add"): ListMode {
  const mode = LIST_MODES.find((one) => one === given);
  if (!mode) throw new Problem(400, "invalid_body", `\`mode\` is one of ${LIST_MODES.join(", ")}.`);
  return mode;
}

const FORM =
  'Send `{"mode": "add", "entries": [{"namespace": "email", "value": …}]}`, or as text/csv `namespace,value` lines and `?mode=`.';

function tooLarge(): never {
  throw new Problem(
    413,
    "body_too_large",
    `The body may have at most ${MAX_BODY_BYTES / 1e6} MB, and ${MAX_ENTRIES} entries: send the others with another import.`,
  );
}
