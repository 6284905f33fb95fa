/**
 * An erasure that breaks off at any call of a store, before or after the call has taken effect, and is begun again by the
 * workflow: it ends, and leaves nothing.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { suppressedAmong } from "#identity/erasures";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { land } from "#lake/receipts";
import { sealIngress } from "#privacy/ingress";
import { knownKeys } from "#privacy/lookup";
import { stepNamed, stepsOf } from "#subjects/plan";
import { runStep } from "#subjects/step";
import { readRequest } from "#subjects/store";
import {
  accepted,
  claim,
  envelope,
  failing,
  IDENTITY,
  deps as ingestDeps,
  visitor,
} from "../ingest/envelopes.ts";
import { publishRelease } from "../product.ts";
import { email, keys, stepDeps, take } from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

/** A person on a browser, with traits, a decision, a dead letter, and a receipt that nothing but the decision ties to them. */
async function person(name: string): Promise<{ address: string; traces: string[] }> {
  const address = `${name}@example.com`;
  const [key = ""] = await knownKeys(keys, "email", address);
  const browser = visitor(name);
  const receipt = `decision-${name}`;
  const consent = {
    receipt,
    regime: "gdpr",
    granted: ["analytics" as const, "marketing" as const, "personalization" as const],
    grounds: {},
    decidedAt: 1000,
  };
  const sealed = await sealIngress(
    keys.ingress,
    JSON.stringify({ email: address, first_name: name }),
    ["event", `${name}-2`],
    Date.now(),
  );
  const events = [
    accepted(`${name}-1`, "login", [browser, { key, proof: "token" }], {}, { consent }),
    accepted(`${name}-2`, "form_submit", [browser, claim(key)], { form_id: "f" }, { consent, sealed }),
  ];
  await ingest([envelope(`x-${name}`, events)], await ingestDeps({ keys }));
  await env.IDENTITY_0.prepare(
    "INSERT INTO consents (subject, given_at, id, purposes, regime, source, evidence, expires_at) VALUES (?1, 1, ?2, '{}', 'gdpr', 'choice', '', 0)",
  )
    .bind(browser.key, receipt)
    .run();
  await env.IDENTITY_0.batch([
    env.IDENTITY_0.prepare(
      "INSERT INTO profile_told (subject, destination, told, version) VALUES (?1, 'crm', '{}', 1)",
    ).bind(key),
    env.IDENTITY_0.prepare(
      `INSERT INTO profile_due (due_at, marks)
       SELECT coalesce(max(due_at), 0) + 1, json_array('crm ' || ?1, 'crm user_id:1.other') FROM profile_due`,
    ).bind(key),
  ]);
  await land(env.LAKE, "events", `late-${name}`, Date.now(), [
    {
      stage: "door",
      eventId: `${name}-dropped`,
      at: Date.now(),
      name: "login",
      source: "web",
      outcome: "accepted",
      consent,
    },
  ]);
  await env.LAKE.put(`dead/own-hook/${name}.json`, JSON.stringify({ broken: key }));
  await env.EDGE.put(`edge:${name}`, "{}");
  return { address, traces: [key, browser.key, receipt, address, `edge:${name}`, `${name}-dropped`] };
}

/** All that is kept anywhere, but what keeps the person erased. */
async function kept(): Promise<string> {
  const tables = await env.IDENTITY_0.batch<Record<string, unknown>>(
    TABLES.map((table) => env.IDENTITY_0.prepare(`SELECT * FROM ${table}`)),
  );
  const rows = tables.flatMap(({ results }) => results).filter((row) => row.suppressed !== 1);
  const objects = await Promise.all(
    (await keysInLake()).map(async (key) => `${key} ${await (await env.LAKE.get(key))?.text()}`),
  );
  const snapshots = (await env.EDGE.list()).keys.map(({ name }) => name);
  return [...rows.map((row) => JSON.stringify(row)), ...objects, ...snapshots].join("\n");
}

const TABLES = [
  "identifiers",
  "links",
  "identity_conflicts",
  "identity_changes",
  "identity_moves",
  "subject_keys",
  "consents",
  "subject_requests",
  "jobs",
  "delivery_failures",
  "profile_told",
  "profile_due",
];

/** Of all objects, but the log of erasures. */
const keysInLake = async (): Promise<string[]> =>
  (await env.LAKE.list()).objects.map(({ key }) => key).filter((key) => !key.startsWith("erasures/log/"));

/** A read leaves the same whether it broke off before it or after it, so that it is tried before it alone. */
const STORES = [
  { store: "db", writes: ["batch"], reads: [] },
  { store: "identity", writes: ["batch"], reads: [] },
  { store: "bucket", writes: ["put", "delete"], reads: ["get", "list"] },
  { store: "kv", writes: ["delete"], reads: [] },
] as const;

describe.each(["before", "after"] as const)("an erasure that breaks off %s a call of a store", (when) => {
  it.each(STORES)(
    "$store",
    async ({ store, writes, reads }) => {
      const methods = when === "before" ? [...writes, ...reads] : [...writes];
      for (let nth = 1, broke = true; broke; nth++) {
        broke = false;
        // What others left makes no difference, and takes its time to be gone through.
        await env.LAKE.delete(await keysInLake());
        const name = `${when}${store}${nth}`;
        const { address, traces } = await person(name);
        const id = await take("erasure", [email(address)]);
        const good = stepDeps();
        const bad =
          store === "identity"
            ? { ...good, identity: identityShards([failing(good.db, methods, nth, when)]) }
            : { ...good, [store]: failing(good[store], methods, nth, when) };
        for (const step of stepsOf("erasure", good.document).flat()) {
          for (let turn = 0; turn < 100; turn++) {
            const went = await runStep(bad, id, step, stepNamed(step)).catch((error: unknown) => {
              if (!(error instanceof Error) || error.message !== "crashed") throw error;
              broke = true;
            });
            if (went?.state === "ended") break;
          }
        }
        expect(await readRequest(env.IDENTITY_0, id), name).toMatchObject({
          status: "completed",
          sealed: null,
        });
        expect((await suppressedAmong(IDENTITY, traces.slice(0, 2))).size, name).toBe(2);
        const text = await kept();
        for (const trace of traces) expect(text.includes(trace), `${trace}, ${name}`).toBe(false);
      }
    },
    120_000,
  );
});
