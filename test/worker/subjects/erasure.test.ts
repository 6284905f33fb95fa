/** An erasure, step by step: what is gone where, what a proof says, and what is left of the request itself. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { erasureProofSchema } from "#contracts/messages/subject_request";
import { suppressedAmong } from "#identity/erasures";
import { ingest } from "#ingest/ingest";
import { unitOf } from "#segments/unit";
import { visitorObject } from "#slots/visitor-object";
import { stepNamed } from "#subjects/plan";
import { digestOf, readProof } from "#subjects/proof";
import { stepOf } from "#subjects/request";
import { failStep, runStep } from "#subjects/step";
import { readRequest } from "#subjects/store";
import { reach } from "../../setup/reach.ts";
import {
  accepted,
  claim,
  envelope,
  IDENTITY,
  deps as ingestDeps,
  landedIds,
  proven,
  RELEASE_1,
  rows,
  visitor,
} from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { email, keys, OPERATOR, personWith, type Sent, signer, stepDeps, take, workOffAll } from "./world.ts";

const HOOKS = ["https://hooks.example.com/status?key=1"];

/** Every place where something is kept, as one text: what is not in it is nowhere. */
async function everything(): Promise<string> {
  const texts: string[] = [];
  const { results: tables } = await env.IDENTITY_0.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_cf%'",
  ).all<{ name: string }>();
  for (const { name } of tables) {
    const { results } = await env.IDENTITY_0.prepare(`SELECT * FROM ${name}`).all();
    texts.push(`${name} ${JSON.stringify(results)}`);
  }
  for (const { key } of (await env.LAKE.list()).objects)
    texts.push(`${key} ${await (await env.LAKE.get(key))?.text()}`);
  for (const { name } of (await env.EDGE.list()).keys) texts.push(`${name} ${await env.EDGE.get(name)}`);
  return texts.join("\n");
}

const begun = (value: string, callbacks: string[] = []): Promise<string> =>
  take("erasure", [email(value)], { callbacks });

beforeAll(async () => {
  await publishRelease();
});

describe("an erasure", () => {
  it("takes the person out of every store, and leaves tombstones, a log and a proof", async () => {
    const [key = ""] = await personWith("gone@example.com", ["purchase", "purchase", "login"]);
    const [other = ""] = await personWith("stays@example.com", ["purchase"]);
    expect(await landedIds()).toContain("gone@example.com-0");
    const id = await begun("gone@example.com");
    const done = await workOffAll(id, stepDeps());
    expect(done.status).toBe("completed");
    expect(await landedIds()).toEqual(["stays@example.com-0"]);
    expect([...(await suppressedAmong(IDENTITY, [key, other]))]).toEqual([key]);
    expect((await rows()).get(key)).toMatchObject({ facts: "{}", claims: "[]", sealed: null, profile: null });
    expect(done.steps.map(({ step, status }) => [step, status])).toEqual([
      ["callback:begun", "none"],
      ["find", "confirmed"],
      ["vendor_identities", "confirmed"],
      ["suppress", "confirmed"],
      ["requests", "confirmed"],
      ["edge", "confirmed"],
      ["live", "confirmed"],
      ["quarantine", "confirmed"],
      ["waiting", "confirmed"],
      ["lake", "confirmed"],
      ["cms", "none"],
      ["sweep", "confirmed"],
      ["prove", "confirmed"],
      ["callback:ended", "none"],
      ["close", "confirmed"],
    ]);
    expect(stepOf(done, "lake")?.counts?.events).toBe(3);
    const left = await everything();
    expect(left).not.toContain("gone@example.com");
    // The key itself is in the suppression list and the erasure log, which is what keeps it from coming back.
    const holders = left.split("\n").filter((line) => line.includes(key));
    expect(holders.map((line) => line.split(" ", 1)[0]).sort()).toEqual([
      "erasures/log/000000000001.json",
      "identifiers",
    ]);
  });

  it("leaves nothing of the request but what it came to: its key is destroyed, and it names nobody", async () => {
    await personWith("request@example.com", ["login"]);
    const id = await begun("request@example.com");
    await workOffAll(id, stepDeps());
    const row = await readRequest(env.IDENTITY_0, id);
    expect(row).toMatchObject({ status: "completed", subjects: [], sealed: null, madeBy: "source:web" });
    const key = await env.IDENTITY_0.prepare("SELECT 1 FROM subject_keys WHERE subject = ?1")
      .bind(`request:${id}`)
      .first();
    expect(key).toBeNull();
    const states = await env.LAKE.list({ prefix: `exports/${id}/` });
    expect(states.objects).toEqual([]);
  });

  it("has a proof without personal data, that our public key verifies, and that is wrong when a word of it is changed", async () => {
    const [key = ""] = await personWith("proof@example.com", ["login"]);
    const id = await begun("proof@example.com");
    await workOffAll(id, stepDeps());
    const response = await request(`/admin/api/subject-requests/${id}/proof`, { headers: OPERATOR });
    const given = (await response.json()) as {
      proof: string;
      signature: string;
      verified: boolean;
      key_version: string;
    };
    expect(given.verified).toBe(true);
    const proof = erasureProofSchema.parse(JSON.parse(given.proof));
    expect(proof).toMatchObject({
      v: 1,
      subject_request_id: id,
      suppressed: { digest: await digestOf([key]) },
    });
    expect(given.proof).not.toContain(key);
    expect(given.proof).not.toContain("proof@example.com");
    const forged = given.proof.replace('"count":1', '"count":2');
    expect(forged).not.toBe(given.proof);
    expect(await signer.verify(`erasure-proof:${forged}`, given.key_version, given.signature)).toBe(false);
    await env.LAKE.put(`erasures/proofs/${id}.json`, JSON.stringify({ ...given, proof: forged }));
    expect((await readProof(env.LAKE, signer, id))?.verified).toBe(false);
  });

  it("what comes in later of the person takes no effect", async () => {
    const [key = ""] = await personWith("late@example.com", ["login"]);
    await workOffAll(await begun("late@example.com"), stepDeps());
    await ingest(
      [
        envelope("x-late", [
          accepted("late-1", "purchase", [proven(key)], { order_id: "l", value: 1, currency: "EUR" }),
        ]),
      ],
      await ingestDeps({ keys }),
    );
    expect((await rows()).get(key)).toMatchObject({ facts: "{}", claims: "[]" });
    expect(await landedIds()).not.toContain("late-1");
  });

  it("finds what was under way when the person was suppressed", async () => {
    const [key = ""] = await personWith("way@example.com", ["login"]);
    const id = await begun("way@example.com");
    const deps = stepDeps();
    for (const name of ["find", "vendor_identities", "suppress", "quarantine", "waiting", "lake"]) {
      let went = await runStep(deps, id, name, stepNamed(name));
      while (went.state === "more") went = await runStep(deps, id, name, stepNamed(name));
    }
    // A delivery of an event that is gone by now lands its receipt, and a slow consumer its whole batch.
    const hour = new Date().toISOString();
    const folder = `${hour.slice(0, 10)}/${hour.slice(11, 13)}`;
    const lines = {
      type: "event",
      id: "way-slow",
      name: "login",
      profile: key,
      subject: key,
      receivedAt: Date.now(),
    };
    await env.LAKE.put(`landing/events/${folder}/slow.ndjson`, `${JSON.stringify(lines)}\n`);
    const done = await workOffAll(id, deps);
    expect(done.status).toBe("completed");
    expect(stepOf(done, "sweep")?.counts?.events).toBe(1);
    expect(await landedIds()).not.toContain("way-slow");
  });

  it("asks each destination, which answers confirmed, requested or none, and waits for one that asks for later", async () => {
    await personWith("vendor@example.com", ["login"]);
    const id = await begun("vendor@example.com");
    const sent: Sent[] = [];
    let status = 503;
    const deps = stepDeps(sent, () => status, {
      document: RELEASE_1.document,
      secretOf: () => "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MDE=",
      ...reach,
    });
    await workOffAll(id, deps);
    const waiting = await readRequest(env.IDENTITY_0, id);
    expect(stepOf(waiting ?? { steps: [] }, "destination:own-hook")?.status).toBe("running");
    expect(waiting?.status).toBe("in_progress");
    status = 200;
    const done = await workOffAll(id, deps);
    expect(stepOf(done, "destination:own-hook")?.status).toMatch(/^(confirmed|requested)$/);
    expect(done.status).toBe("completed");
    expect(sent.some(({ url }) => url === "https://hook.example/")).toBe(true);
  });

  it("a step that fails for good leaves the request open and visible, and an operator has it tried again", async () => {
    await personWith("stuck@example.com", ["login"]);
    const id = await begun("stuck@example.com");
    await failStep(stepDeps(), id, "edge", "Error");
    const detail = await request(`/admin/api/subject-requests/${id}`, { headers: OPERATOR });
    expect(await detail.json()).toMatchObject({ request_status: "in_progress" });
    const retried = await request(`/admin/api/subject-requests/${id}/retry`, {
      method: "POST",
      headers: OPERATOR,
    });
    expect(retried.status).toBe(200);
    const steps = ((await retried.json()) as { steps: { step: string }[] }).steps.map(({ step }) => step);
    expect(steps).not.toContain("edge");
  });

  it("repeated from any step it comes to the same, as after a crash", async () => {
    const [key = ""] = await personWith("twice@example.com", ["login", "purchase"]);
    const id = await begun("twice@example.com");
    const deps = stepDeps();
    // Each function twice, as if the row had not been written the first time.
    for (const name of [
      "find",
      "vendor_identities",
      "suppress",
      "requests",
      "edge",
      "live",
      "quarantine",
      "lake",
    ]) {
      const before = await readRequest(env.IDENTITY_0, id);
      if (!before) throw new Error("gone");
      await stepNamed(name)(deps, before);
      await runStep(deps, id, name, stepNamed(name));
    }
    expect((await workOffAll(id, deps)).status).toBe("completed");
    expect([...(await suppressedAmong(IDENTITY, [key]))]).toEqual([key]);
  });
});

describe("an erasure of a browser", () => {
  it("takes what the edge has of it: its snapshot with the person's sealed fields, its lists, its exact caps", async () => {
    const device = visitor("atedge");
    const events = [accepted("atedge-1", "login", [device])];
    await ingest([envelope("x-atedge", events)], await ingestDeps({ keys }));
    const snapshot = '{"v":1,"person":"1-0.sealed-person"}';
    await env.EDGE.put("edge:atedge", snapshot);
    await env.IDENTITY_0.batch([
      env.IDENTITY_0.prepare("UPDATE identifiers SET snapshot = ?2 WHERE key = ?1").bind(
        device.key,
        snapshot,
      ),
      env.IDENTITY_0.prepare("INSERT INTO list_members (key, list, import) VALUES (?1, 'vip', 1)").bind(
        device.key,
      ),
    ]);
    const object = visitorObject(env.VISITOR, unitOf(device.key));
    await object.reserve([{ offer: "gift", caps: [{ count: 1, per: "lifetime" }] }], "s");
    const id = await take("erasure", [], {
      verification: "browser",
      scope: "device",
      subjects: [device.key],
    });
    expect((await workOffAll(id, stepDeps())).status).toBe("completed");
    expect(await env.EDGE.get("edge:atedge")).toBeNull();
    expect(await everything()).not.toMatch(/sealed-person|list_members .*atedge/);
    await runInDurableObject(object, (_, state) => {
      expect([...state.storage.kv.list()]).toEqual([]);
    });
  });

  it("never has somebody deleted at a vendor who was only claimed on it", async () => {
    const sent: Sent[] = [];
    const device = visitor("shared");
    await ingest(
      [envelope("x-shared", [accepted("shared-1", "login", [device, claim("email:1.victim")])])],
      await ingestDeps({ keys }),
    );
    const id = await take("erasure", [], {
      verification: "browser",
      scope: "device",
      subjects: [device.key],
    });
    const done = await workOffAll(id, stepDeps(sent));
    expect(done.status).toBe("completed");
    expect(stepOf(done, "vendor_identities")?.counts?.values).toBe(0);
    expect([...(await suppressedAmong(IDENTITY, [device.key, "email:1.victim"]))]).toEqual([device.key]);
  });
});

describe("callbacks", () => {
  it("tell the status, signed so that our public key verifies it, and never whom it is about", async () => {
    await personWith("told@example.com", ["login"]);
    const id = await begun("told@example.com", HOOKS);
    const sent: Sent[] = [];
    const done = await workOffAll(id, stepDeps(sent));
    expect(done.status).toBe("completed");
    expect(sent.map(({ url }) => url)).toEqual([...HOOKS, ...HOOKS]);
    const [begin, end] = sent;
    expect(JSON.parse(begin?.body ?? "")).toMatchObject({
      request_status: "in_progress",
      subject_request_id: id,
    });
    expect(JSON.parse(end?.body ?? "")).toMatchObject({ request_status: "completed" });
    expect(end?.body).not.toContain("told@example.com");
    const text = `${end?.headers.get("webhook-id")}.${end?.headers.get("webhook-timestamp")}.${end?.body}`;
    const signature = end?.headers.get("webhook-signature") ?? "";
    expect(signature).toMatch(/^v1a,/);
    const hex = Uint8Array.fromBase64(signature.slice(4)).toHex();
    expect(await signer.verify(text, String(1), hex)).toBe(true);
    expect(await signer.verify(`${text} `, String(1), hex)).toBe(false);
    // Then nothing is left to open.
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({ sealed: null });
  });

  it("a redirect is a failure, tried again later and to those alone that did not take it", async () => {
    await personWith("redirect@example.com", ["login"]);
    const urls = ["https://a.example.com/", "https://b.example.com/"];
    const id = await begun("redirect@example.com", urls);
    const sent: Sent[] = [];
    const deps = stepDeps(sent, (url) => (url.startsWith("https://b.") ? 302 : 200));
    await workOffAll(id, deps);
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({ status: "completed" });
    sent.length = 0;
    await workOffAll(id, deps);
    expect(sent.map(({ url }) => url)).toEqual(["https://b.example.com/"]);
  });

  it("an address that was let in and is not safe gets nothing", async () => {
    await personWith("unsafe@example.com", ["login"]);
    const id = await begun("unsafe@example.com", ["https://10.0.0.1/"]);
    const sent: Sent[] = [];
    await workOffAll(id, stepDeps(sent));
    expect(sent).toEqual([]);
  });
});
