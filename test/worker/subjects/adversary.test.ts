/** What an adversary, a crash, or another isolate makes of a request: it ends all the same, and gives nobody another's data. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { accessSchema } from "#contracts/messages/subject_export";
import { DAY_MS } from "#core/clock";
import { failuresOf, insertFailures } from "#forward/failures/store";
import { applyErasure, applyLift } from "#identity/erase";
import { eraseSubjects, liftSuppression, requireErasures, suppressedAmong } from "#identity/erasures";
import { identityShards } from "#identity/shards";
import { findSubjects } from "#identity/subject";
import { ingest } from "#ingest/ingest";
import { appendErasure } from "#privacy/erasure-log";
import { lastErasure } from "#privacy/erasure-mark";
import { sealIngress } from "#privacy/ingress";
import { knownKeys } from "#privacy/lookup";
import { dueAt } from "#subjects/deadlines";
import { openRequest } from "#subjects/payload";
import { stepNamed } from "#subjects/plan";
import { recoverRequests } from "#subjects/recover";
import { type SubjectRequest, stepOf } from "#subjects/request";
import { runStep } from "#subjects/step";
import { changeRequest, destroyKey, readRequest } from "#subjects/store";
import { tendSubjectRequests } from "#subjects/tend";
import { accepted, claim, envelope, IDENTITY, deps as ingestDeps, visitor } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { ask, bodyOf, email, keys, personWith, SERVER, stepDeps, take, workOffAll } from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

const sealed = (id: string, traits: Record<string, string>) =>
  sealIngress(keys.ingress, JSON.stringify(traits), ["event", id], Date.now());

const keyOf = async (address: string): Promise<string> => (await knownKeys(keys, "email", address))[0] ?? "";

async function requestOf(id: string): Promise<SubjectRequest> {
  const found = await readRequest(env.IDENTITY_0, id);
  if (!found) throw new Error("there is no such request");
  return found;
}

/** Counts the statements that a database is asked to run. */
function counted(db: D1Database): { db: D1Database; statements: () => number } {
  let count = 0;
  const counting = new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "prepare") count++;
        return (value as (...a: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { db: counting, statements: () => count };
}

describe("who claims to be somebody", () => {
  it("on 1,500 browsers does not keep that person from being erased: they are found by a few statements", async () => {
    const person = await keyOf("flooded@example.com");
    const names = Array.from({ length: 1_500 }, (_, n) => `visitor_id:1.flood${n}`);
    const rowsOf = names.flatMap((name) => [
      { key: name, members: JSON.stringify([name, `${name}|${person}`]) },
      { key: `${name}|${person}`, members: JSON.stringify([name, `${name}|${person}`]) },
    ]);
    await env.IDENTITY_0.batch([
      env.IDENTITY_0.prepare(
        `INSERT INTO identifiers (key, members, version, seen_at)
         SELECT value->>'key', value->>'members', 1, 1 FROM json_each(?1)`,
      ).bind(JSON.stringify(rowsOf)),
    ]);
    const { db, statements } = counted(env.IDENTITY_0);
    const { subjects } = await findSubjects(identityShards([db]), [person], "person");
    expect(subjects).toHaveLength(3_001);
    expect(statements()).toBeLessThan(20);
  });
});

describe("an answer to a person", () => {
  it("has nothing that was typed into their browser by somebody who claimed to be another", async () => {
    const [own = ""] = await personWith("kiosk@example.com", ["login"]);
    const browser = visitor("kiosk");
    const other = await keyOf("other@example.com");
    await ingest(
      [
        envelope("x-kiosk-1", [
          accepted("kiosk-1", "login", [browser, { key: own, proof: "token" }], {}),
          accepted(
            "kiosk-2",
            "login",
            [browser, claim(own)],
            {},
            { sealed: await sealed("kiosk-2", { first_name: "Own", email: "kiosk@example.com" }) },
          ),
        ]),
      ],
      await ingestDeps({ keys }),
    );
    await ingest(
      [
        envelope("x-kiosk-3", [
          accepted(
            "kiosk-3",
            "form_submit",
            [browser, claim(other)],
            { form_id: "f" },
            { sealed: await sealed("kiosk-3", { first_name: "Other", email: "other@example.com" }) },
          ),
        ]),
      ],
      await ingestDeps({ keys }),
    );
    const id = await take("access", [email("kiosk@example.com")]);
    await workOffAll(id, stepDeps());
    const response = await request(`/privacy/requests/${id}/results`, {
      headers: { accept: "application/json", ...SERVER },
    });
    const given = accessSchema.parse(await response.json());
    const values = given.traits.map(({ value }) => value);
    expect(values).toContain("Own");
    expect(values).not.toContain("Other");
    expect(JSON.stringify(given)).not.toContain("other@example.com");
  });
});

describe("the id of a request", () => {
  it("is one whatever case it is written in", async () => {
    const body = bodyOf("access", [email("case@example.com")]);
    const upper = { ...body, subject_request_id: body.subject_request_id.toUpperCase() };
    expect((await ask(upper, SERVER)).status).toBe(201);
    const own = await request(`/privacy/requests/${body.subject_request_id}`, { headers: SERVER });
    expect(own.status).toBe(200);
    expect(
      ((await (await ask(body, SERVER)).json()) as { subject_request_id: string }).subject_request_id,
    ).toBe(body.subject_request_id);
  });
});

describe("a browser's request, which names nobody,", () => {
  it("is the same only with the same body, as anybody's", async () => {
    const asked = { verification: "browser", scope: "device", subjects: [visitor("body").key] } as const;
    const id = await take("access", [], asked);
    expect(await take("access", [], { ...asked, id })).toBe(id);
    const other = take("access", [], { ...asked, id, callbacks: ["https://elsewhere.example/"] });
    await expect(other).rejects.toMatchObject({ code: "request_exists" });
  });
});

describe("an erasure", () => {
  it("sweeps who joined in that very moment also where another isolate has read its entry first", async () => {
    const [key = ""] = await personWith("raced@example.com", ["login"]);
    const id = await take("erasure", [email("raced@example.com")]);
    const deps = stepDeps();
    for (const name of ["find", "vendor_identities"]) await runStep(deps, id, name, stepNamed(name));
    // A browser joins between the search and the erasure.
    const late = visitor("raced");
    await ingest(
      [envelope("x-raced", [accepted("raced-1", "login", [late, { key, proof: "token" }], {})])],
      await ingestDeps({ keys }),
    );
    // And whatever is put into the log is done by another isolate before we come to it.
    const bucket = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const result: unknown = await (value as (...a: unknown[]) => unknown).apply(target, args);
          if (name === "put" && String(args[0]).startsWith("erasures/log/"))
            await requireErasures(IDENTITY, env.LAKE, Date.now());
          return result;
        };
      },
    });
    await runStep({ ...deps, bucket }, id, "suppress", stepNamed("suppress"));
    const after = await readRequest(env.IDENTITY_0, id);
    expect(after?.subjects).toContain(late.key);
  });

  it("knows the decisions that it erased also where it crashed right after it", async () => {
    const [key = ""] = await personWith("ledger@example.com", ["login"]);
    const decision = crypto.randomUUID();
    await env.IDENTITY_0.prepare(
      "INSERT INTO consents (subject, given_at, id, purposes, regime, source, evidence, expires_at) VALUES (?1, 1, ?2, '{}', 'gdpr', 'choice', '', 0)",
    )
      .bind(key, decision)
      .run();
    const id = await take("erasure", [email("ledger@example.com")]);
    const deps = stepDeps();
    for (const name of ["find", "vendor_identities"]) await runStep(deps, id, name, stepNamed(name));
    const before = await readRequest(env.IDENTITY_0, id);
    if (!before) throw new Error("gone");
    await stepNamed("suppress")(deps, before); // and the row was never written
    await runStep(deps, id, "suppress", stepNamed("suppress"));
    const after = await readRequest(env.IDENTITY_0, id);
    const opened = after && (await openRequest(env.IDENTITY_0, keys, after));
    expect(opened?.payload.decisions).toEqual([decision]);
  });

  it("of a person who decides again on an old cookie leaves no mark at the edge", async () => {
    const device = visitor("oldcookie");
    await ingest([envelope("x-old", [accepted("old-1", "login", [device])])], await ingestDeps({ keys }));
    const id = await take("erasure", [], {
      verification: "browser",
      scope: "device",
      subjects: [device.key],
    });
    await workOffAll(id, stepDeps());
    const { bindConsent } = await import("#identity/consent-store");
    const choice = {
      receipt: "r",
      granted: [],
      regime: "gdpr",
      givenAt: Date.now(),
      expiresAt: 0,
      despiteGpc: false,
    };
    expect(await bindConsent(IDENTITY, device.key, choice)).toEqual([]);
  });
});

describe("a request that another has ended", () => {
  it("stays ended, whatever its own step was about to write, and keeps no part of an answer", async () => {
    await personWith("ended@example.com", ["login"]);
    const id = await take("access", [email("ended@example.com")]);
    const deps = stepDeps();
    await runStep(deps, id, "find", stepNamed("find"));
    let went = await runStep(deps, id, "gather", stepNamed("gather"));
    while (went.state === "more") went = await runStep(deps, id, "gather", stepNamed("gather"));
    // While `keep` is running, an erasure ends the request.
    await runStep(deps, id, "keep", async (given, row) => {
      const outcome = await stepNamed("keep")(given, row);
      await destroyKey(env.IDENTITY_0, id);
      await changeRequest(env.IDENTITY_0, id, () => ({
        status: "cancelled",
        subjects: [],
        sealed: null,
        resultsUntil: null,
        completedAt: 1,
      }));
      return outcome;
    });
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({ status: "cancelled", resultsUntil: null });
    for (const name of ["callback:ended", "close"]) await runStep(deps, id, name, stepNamed(name));
    expect((await env.LAKE.list({ prefix: `exports/${id}/` })).objects).toEqual([]);
  });
});

const DAY_AFTER = (): number => Date.now() + DAY_MS;

/** Forget a request, as a database does that is restored to before it. */
async function forgotten(id: string): Promise<void> {
  await destroyKey(env.IDENTITY_0, id);
  await env.IDENTITY_0.prepare("DELETE FROM subject_requests WHERE id = ?1").bind(id).run();
}

const noted = (id: string, seq: number) =>
  env.IDENTITY_0.prepare(
    "INSERT OR REPLACE INTO jobs (name, state) VALUES (?1, json_object('seq', ?2, 'at', ?3))",
  )
    .bind(`recover:${id}`, seq, Date.now())
    .run();

describe("a database that is restored", () => {
  const recovered = (now = DAY_AFTER()) =>
    recoverRequests({ db: env.IDENTITY_0, bucket: env.LAKE, keys }, now);

  it("to before anybody knew what vendors call the person has them asked by what the request names", async () => {
    const [key = ""] = await personWith("named@example.com", ["login"]);
    const id = await take("erasure", [email("named@example.com")]);
    const seq = await appendErasure(
      env.LAKE,
      { request: id, at: Date.now(), subjects: [key], partial: [] },
      await lastErasure(IDENTITY),
    );
    await requireErasures(IDENTITY, env.LAKE, Date.now());
    expect(await recovered()).toContain(id);
    const deps = stepDeps();
    await runStep(deps, id, "vendor_identities", stepNamed("vendor_identities"));
    const row = await readRequest(env.IDENTITY_0, id);
    const opened = row && (await openRequest(env.IDENTITY_0, keys, row));
    expect(opened?.payload).toMatchObject({ erasure: seq, vendor: { emails: ["named@example.com"] } });
    expect((await workOffAll(id, deps)).status).toBe("completed");
    expect(await recovered()).toEqual([]);
  });

  it("to before the request existed takes its other steps all the same, within the deadline of the law", async () => {
    const [key = ""] = await personWith("before@example.com", ["login"]);
    const id = await take("erasure", [email("before@example.com")]);
    const deps = stepDeps();
    for (const name of ["find", "vendor_identities", "suppress"])
      await runStep(deps, id, name, stepNamed(name));
    const { erasure = 0 } = (await openRequest(env.IDENTITY_0, keys, await requestOf(id)))?.payload ?? {};
    await forgotten(id);
    await noted(id, erasure);
    expect(await recovered()).toEqual([id]);
    const row = await readRequest(env.IDENTITY_0, id);
    expect(row).toMatchObject({ status: "in_progress", subjects: [key] });
    expect(row?.dueAt).toBe(dueAt("gdpr", row?.receivedAt ?? 0));
    expect((await workOffAll(id, deps)).status).toBe("completed");
  });

  it("to before an erasure that had ended has it ended again, and with it the person's other requests that came back", async () => {
    await personWith("back@example.com", ["login"]);
    const id = await take("erasure", [email("back@example.com")]);
    const deps = stepDeps();
    const done = await workOffAll(id, deps);
    const seq = Number(/entry (\d+)/.exec(stepOf(done, "suppress")?.detail ?? "")?.[1]);
    await forgotten(id);
    // It waited to be verified when the copy was made.
    const other = await take("access", [email("back@example.com")], { verification: "none" });
    await noted(id, seq);
    expect(await recovered()).toEqual([]);
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({
      status: "completed",
      sealed: null,
      subjects: [],
    });
    const ended = await readRequest(env.IDENTITY_0, other);
    expect(ended).toMatchObject({ status: "cancelled", sealed: null, subjects: [] });
    const { results } = await env.IDENTITY_0.prepare(
      "SELECT subject FROM subject_keys WHERE subject LIKE 'request:%' AND subject LIKE '%' || ?1",
    )
      .bind(other)
      .all();
    expect(results).toEqual([]);
  });
});

describe("what cron has to do", () => {
  it("deletes results on their day also while nobody takes the warnings of fifty deadlines", async () => {
    await personWith("day@example.com", ["login"]);
    const id = await take("access", [email("day@example.com")]);
    const deps = stepDeps();
    const done = await workOffAll(id, deps);
    expect(done.status).toBe("completed");
    for (let n = 0; n < 55; n++) {
      const other = await take("access", [email(`late-${n}@example.com`)]);
      await env.IDENTITY_0.prepare("UPDATE subject_requests SET due_at = 1 WHERE id = ?1").bind(other).run();
    }
    const nothing = { create: async () => undefined as never, get: async () => undefined as never };
    const down = async () => new Response(null, { status: 503 });
    const given = {
      db: env.IDENTITY_0,
      bucket: env.LAKE,
      instances: nothing,
      fetch: down,
      allowInsecure: false,
    };
    await tendSubjectRequests(
      { ...given, alertUrl: "https://alerts.example.com/" },
      Date.now() + 15 * DAY_MS,
    );
    expect((await env.LAKE.list({ prefix: `exports/${id}/` })).objects).toEqual([]);
  });
});

describe("what could not be worked off", () => {
  it("is counted in an answer: dead letters, parked items, and messages nobody could read", async () => {
    const [key = ""] = await personWith("held@example.com", ["login"]);
    await env.LAKE.put("dead/doorstep-events/unreadable.json", JSON.stringify({ what: key }));
    await env.LAKE.put("dead/own-hook/unreadable.json", JSON.stringify({ what: key }));
    const id = await take("access", [email("held@example.com")]);
    await workOffAll(id, stepDeps());
    const response = await request(`/privacy/requests/${id}/results`, {
      headers: { accept: "application/json", ...SERVER },
    });
    const { held } = accessSchema.parse(await response.json());
    expect(held).toEqual({ failed_deliveries: 1, waiting_deliveries: 0, failed_events: 1 });
  });

  it("is found by as many ids as a person may have, however long they are", async () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => `${"ž".repeat(90)}${n}`);
    await insertFailures(env.IDENTITY_0, [
      {
        itemId: "long",
        destination: "d",
        eventId: ids[19_999] ?? "",
        name: null,
        code: "c",
        detail: null,
        attempt: 1,
        at: 1,
      },
    ]);
    expect(await failuresOf(env.IDENTITY_0, ids)).toMatchObject([{ itemId: "long" }]);
  });
});

describe("an entry of the erasure log", () => {
  it("that is done late changes nothing where the person was let back in meanwhile", async () => {
    const [key = ""] = await personWith("lifted@example.com", ["login"]);
    const given = { request: "r-lifted", subjects: [key], now: Date.now() };
    const { seq } = await eraseSubjects(IDENTITY, env.LAKE, { ...given, whole: [key] });
    await liftSuppression(IDENTITY, env.LAKE, { ...given, request: "lift:1" });
    await personWith("lifted@example.com", ["purchase"]);
    // Another isolate read the entry before, and comes to it only now.
    const late = { seq, request: "r-lifted", at: Date.now(), subjects: [key], partial: [] };
    await applyErasure(IDENTITY, late, { isAgain: false, joined: async () => {} });
    expect([...(await suppressedAmong(IDENTITY, [key]))]).toEqual([]);
    // Nor is somebody let back in who was erased again.
    await eraseSubjects(IDENTITY, env.LAKE, { ...given, request: "r-again", whole: [key] });
    await applyLift(IDENTITY, { seq: seq + 1, subjects: [key] });
    expect([...(await suppressedAmong(IDENTITY, [key]))]).toEqual([key]);
  });
});
