/**
 * A world in which persons are erased while everything else goes on: the product's own code from the door's identification
 * to the vendor, the real steps of a subject request, and queues whose messages wait until a step takes them. What has
 * been erased is told to the judge (judge.ts), who then looks for it everywhere.
 */
import { identify } from "#collect/identify";
import { keptOf } from "#collect/quarantine/kept";
import { replay } from "#collect/quarantine/replay";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type {
  AcceptedEvent,
  ConsentRecord,
  EventEnvelope,
  Refusal,
} from "#contracts/messages/event_envelope";
import { PURPOSES } from "#contracts/taxonomy";
import { packEvents } from "#door/envelope";
import { consumeDeliveries } from "#forward/consumer";
import { packItems } from "#forward/envelope";
import { releaseDestination } from "#forward/parked";
import { requireConsent } from "#identity/consent-store";
import { requireErasures } from "#identity/erasures";
import { type IdentityShards, identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import type { AuditSigner } from "#privacy/audit/signer";
import type { Keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { sealNew } from "#subjects/payload";
import { stepNamed, stepsOf } from "#subjects/plan";
import { recoverRequests } from "#subjects/recover";
import { runStep, type StepDeps } from "#subjects/step";
import { insertRequest, readRequest } from "#subjects/store";
import { reach } from "../../../setup/reach.ts";
import { RELEASE, SECRET } from "../../consent/interleavings/release.ts";
import { batchOf, destinations, queueInto } from "../../consent/interleavings/stand-ins.ts";
import { type Copy, clearTables, copyTables, restoreTables } from "./database.ts";
import type { Judge } from "./judge.ts";
import { Ring } from "./ring.ts";
import { BROWSERS, PERSONS, type Step } from "./steps.ts";

const START = Date.UTC(2026, 10, 22, 10);
const HOUR = 3_600_000;

/** Where things are kept; the texts are the judge's, to look for what should be gone. */
export interface Stores {
  identity: IdentityShards;
  kv: KVNamespace;
  bucket: R2Bucket;
  visitors: StepDeps["visitors"];
  keys: Keyring;
  signer: AuditSigner;
}

interface Browser {
  visitor: string;
  random: string;
  anonymous: string;
  receipt: string;
}

interface Person {
  email: string;
  user: string;
}

/** One run. @param name makes its values its own */
export async function playRun(
  steps: readonly Step[],
  name: string,
  stores: Stores,
  judge: Judge,
): Promise<void> {
  await clearTables(stores.identity);
  const world = new World(name, stores, judge);
  await world.begin();
  for (const step of steps) await world.take(step);
  await world.finish();
}

class World {
  readonly #name: string;
  readonly #stores: Stores & { db: D1Database };
  readonly #judge: Judge;
  readonly #browsers: Browser[] = [];
  readonly #persons: Person[] = [];
  readonly #gate = { paused: false };
  readonly #ring = new Ring();
  readonly #events: string[] = [];
  readonly #deliveries: DeliveryEnvelope[] = [];
  readonly #requests: string[] = [];
  #answers: "yes" | "never" = "yes";
  #copy: Copy[] | undefined;
  #now = START;
  #made = 0;
  /** What is to be done before a consumer's next calls of a store. */
  #waiting: { calls: number; run: () => Promise<void> } | undefined;
  /** Calls of a store until the next crash. */
  #breaks: number | undefined;

  constructor(name: string, stores: Stores, judge: Judge) {
    this.#name = name;
    const hook = (method: string) => this.#before(method);
    const identity = identityShards(stores.identity.all.map((db) => hooked(db, hook)));
    const [db] = identity.all;
    if (!db) throw new Error("there is a database");
    this.#stores = {
      ...stores,
      identity,
      db,
      kv: hooked(stores.kv, hook),
      bucket: hooked(stores.bucket, hook),
    };
    this.#judge = judge;
  }

  async begin(): Promise<void> {
    const { lookup } = this.#stores.keys;
    for (let n = 0; n < BROWSERS; n++) {
      const random = `${this.#name}-browser-${n}`;
      const visitor = await identifierKey(lookup, "visitor_id", random);
      const anonymous = `${this.#name}-anonymous-${n}`;
      this.#browsers.push({ visitor, random, anonymous, receipt: `${this.#name}-receipt-${n}` });
    }
    for (let n = 0; n < PERSONS; n++)
      this.#persons.push({ email: `${this.#name}-${n}@example.com`, user: `${this.#name}-user-${n}` });
  }

  async take(step: Step): Promise<void> {
    this.#now += 1000;
    switch (step.do) {
      case "event":
        return this.#event(step);
      case "merge":
        return this.#merge(step.person, step.browser);
      case "split":
        return this.#split(step.person, step.browser);
      case "ingest":
        return this.#ingest(step);
      case "deliver":
        return this.#deliver(step);
      case "vendor":
        this.#gate.paused = step.answers === "paused";
        this.#answers = step.answers === "never" ? "never" : "yes";
        return;
      case "replay":
        if (step.of === "parked") return this.#unpark();
        return step.of === "dead" ? this.#replayDead() : this.#replayQuarantine();
      case "erase":
        return this.#erase(step);
      case "carryOn":
        return this.#carryOn();
      case "copy":
        this.#copy = await copyTables(this.#stores.identity);
        return;
      case "restore":
        if (this.#copy) await restoreTables(this.#stores.identity, this.#copy, step.only);
        return;
    }
  }

  async #before(method: string): Promise<void> {
    if (!WRITES.has(method)) return;
    if (this.#breaks !== undefined && --this.#breaks <= 0) throw new Crash();
    if (!this.#waiting || --this.#waiting.calls > 0) return;
    const { run } = this.#waiting;
    this.#waiting = undefined;
    // Somebody else's work: it does not crash with this.
    const breaks = this.#breaks;
    this.#breaks = undefined;
    await run();
    this.#breaks = breaks;
  }

  /** All that still waits comes, erasures that were broken off are ended, and whatever failed is replayed. */
  async finish(): Promise<void> {
    this.#gate.paused = false;
    this.#answers = "yes";
    // First what was on its way to vendors: a restored database has not been asked for anything else yet.
    await this.#deliver(ALL_OF_THEM);
    await this.#carryOn();
    await this.#ingest(ALL_OF_THEM);
    await this.#deliver(ALL_OF_THEM);
    const { identity, kv, bucket } = this.#stores;
    // Replays take away, too: by then nothing may be left for them.
    await this.#judge.look({ identity, kv, bucket, ring: this.#ring.text() });
    for (let round = 0; round < 3; round++) {
      await this.#unpark();
      await this.#replayDead();
      await this.#replayQuarantine();
      await this.#ingest(ALL_OF_THEM);
      await this.#deliver(ALL_OF_THEM);
    }
    if (this.#events.length + this.#deliveries.length > 0) throw new Error("a queue does not run empty");
    await this.#judge.end({ identity, kv, bucket, ring: this.#ring.text() });
  }

  async #event({ browser: index, person: who, claims, refused }: Step & { do: "event" }): Promise<void> {
    const browser = this.#browsers[index];
    const person = this.#persons[who];
    if (!browser || !person) return;
    const { email, user } = person;
    const id = `${this.#name}-event-${++this.#made}`;
    const hasEmail = claims === "email" || claims === "both";
    const incoming = {
      index: 0,
      id,
      name: "form_submit",
      occurredAt: this.#now,
      anonymousId: browser.anonymous,
      userId: claims === "user" || claims === "both" ? user : undefined,
      traits: hasEmail ? { email, first_name: `first-name-of-${email}` } : undefined,
      properties: refused ? { form_id: 1, note: email } : { form_id: "newsletter" },
      context: undefined,
    };
    const consent = this.#consentOf(browser.receipt);
    const record: ConsentRecord = {
      id: browser.receipt,
      subject: browser.visitor,
      granted: [...PURPOSES],
      regime: "gdpr",
      source: "tcf",
      evidence: "sha256:x",
      givenAt: consent.decidedAt,
    };
    if (refused) {
      const kept = await keptOf(
        this.#stores.keys,
        incoming,
        { code: "invalid_event", issues: [] },
        {
          document: RELEASE,
          consent,
          protocol: "native",
          proof: "claim",
          visitorKey: browser.visitor,
          server: () => ({}),
          sentAt: undefined,
          receivedAt: this.#now,
        },
      );
      const status = "rejected" as const;
      this.#send(
        [],
        [{ id, name: "form_submit", status, code: "invalid_event", issues: [], ...kept }],
        record,
      );
      return;
    }
    const { identifiers, sealed } = await identify(this.#stores.keys, incoming, PURPOSES, {
      proof: "claim",
      visitorKey: browser.visitor,
      now: this.#now,
      document: RELEASE,
    });
    const event = this.#accepted(id, consent, identifiers, sealed);
    this.#judge.sent(event);
    this.#send([event], [], record);
  }

  async #merge(who: number, index: number): Promise<void> {
    const person = this.#persons[who];
    const browser = this.#browsers[index];
    if (!person || !browser) return;
    const id = `${this.#name}-event-${++this.#made}`;
    const incoming = {
      index: 0,
      id,
      name: "form_submit",
      occurredAt: this.#now,
      userId: person.user,
      anonymousId: browser.anonymous,
      traits: { email: person.email },
      properties: { form_id: "account" },
      context: undefined,
    };
    const { identifiers, sealed } = await identify(this.#stores.keys, incoming, PURPOSES, {
      proof: "source",
      visitorKey: undefined,
      now: this.#now,
      document: RELEASE,
    });
    const named = [...identifiers, { key: browser.visitor, proof: "source" as const }];
    const event = this.#accepted(id, this.#consentOf(`${this.#name}-server`), named, sealed);
    this.#judge.sent(event);
    this.#send([event], [], undefined);
  }

  /** As an operator's decision does it: the link is revoked, and the next event computes the profiles anew. */
  async #split(who: number, index: number): Promise<void> {
    const browser = this.#browsers[index];
    const person = this.#persons[who];
    if (!browser || !person) return;
    for (const db of this.#stores.identity.all)
      await db
        .prepare("UPDATE links SET state = 'revoked' WHERE kind = 'proof' AND ?1 IN (node, other)")
        .bind(browser.visitor)
        .run();
  }

  #consentOf(receipt: string) {
    const decidedAt = START - HOUR;
    return { receipt, regime: "gdpr", granted: [...PURPOSES], grounds: {}, decidedAt };
  }

  #accepted(
    id: string,
    consent: AcceptedEvent["consent"],
    identifiers: AcceptedEvent["identifiers"],
    sealed: string | undefined,
  ): AcceptedEvent {
    return {
      id,
      name: "form_submit",
      version: "1.0.0",
      occurredAt: this.#now,
      protocol: "native",
      context: {},
      removed: [],
      properties: { form_id: "newsletter" },
      consent,
      identifiers,
      ...(sealed !== undefined && { sealed }),
    };
  }

  #send(accepted: AcceptedEvent[], refused: Refusal[], record: ConsentRecord | undefined): void {
    const newId = () => `${this.#name}-message-${++this.#made}`;
    const stamp = { source: "web", receivedAt: this.#now, newId };
    this.#events.push(...packEvents({ accepted, refused, record }, stamp));
  }

  async #ingest(how: Taking): Promise<void> {
    const { identity, db, kv, bucket, keys } = this.#stores;
    const texts = takeFrom(this.#events, how);
    const envelopes = texts.map((text) => JSON.parse(text) as EventEnvelope); // packEvents made it
    if (envelopes.length === 0) return;
    const queue = queueInto(this.#deliveries);
    const { meanwhile } = how;
    if (meanwhile)
      this.#waiting = { calls: meanwhile.at, run: () => this.#erase({ ...meanwhile, do: "erase" }) };
    const given = {
      identity,
      db,
      kv,
      keys,
      lake: bucket,
      liveTail: this.#ring.namespace(),
      queues: { analytics: queue, crm: queue },
      release: { version: 1, document: RELEASE },
      clock: () => this.#now,
    };
    const went = await this.#until(how.breaks, async () => {
      await ingest(envelopes, given);
      return true;
    });
    this.#waiting = undefined;
    if (!went) {
      // The queue delivers them again; it may have done so already.
      if (!how.again) this.#events.push(...texts);
      return;
    }
    for (const { events } of envelopes) for (const { id } of events) this.#judge.ingested(id);
  }

  /** What it came to; undefined where it crashed. */
  async #until<T>(breaks: number | undefined, act: () => Promise<T>): Promise<T | undefined> {
    const outer = this.#breaks;
    this.#breaks = breaks;
    try {
      return await act();
    } catch (error) {
      if (error instanceof Crash) return undefined;
      throw error;
    } finally {
      this.#breaks = outer;
    }
  }

  async #deliver(how: Taking): Promise<void> {
    const { identity, db, bucket, keys } = this.#stores;
    const bodies = takeFrom(this.#deliveries, how);
    if (bodies.length === 0) return;
    const queue = queueInto(this.#deliveries);
    const { batch, again } = batchOf(bodies);
    await consumeDeliveries(batch, {
      db,
      bucket,
      keys,
      queues: { analytics: queue, crm: queue },
      destinations: destinations(this.#gate),
      liveTail: this.#ring.namespace(),
      document: RELEASE,
      release: 1,
      currentConsent: (wanted) => requireConsent(identity, bucket, wanted, this.#now),
      secretOf: () => SECRET,
      ...reach,
      fetch: async (_url, init) => {
        const { data } = JSON.parse(String(init?.body)) as { data: { event_id: string } }; // src/forward made it
        this.#judge.delivered(data.event_id);
        return new Response(null, { status: this.#answers === "yes" ? 204 : 400 });
      },
      clock: () => this.#now,
      newId: () => `${this.#name}-delivery-${++this.#made}`,
      random: () => 0,
      retryBaseSeconds: 1,
      allowInsecure: false,
    });
    if (again.size > 0) throw new Error("a delivery was not settled");
  }

  async #unpark(): Promise<void> {
    const { bucket } = this.#stores;
    const context = {
      bucket,
      queue: queueInto(this.#deliveries),
      now: this.#now,
      itemsPerSecond: Number.POSITIVE_INFINITY,
    };
    for (const destination of Object.keys(RELEASE.destinations))
      await releaseDestination(destination, {
        ...context,
        newId: () => `${this.#name}-unparked-${++this.#made}`,
      });
  }

  /** As the console's replay does it, of every dead letter. */
  async #replayDead(): Promise<void> {
    const { bucket, db } = this.#stores;
    for (const destination of Object.keys(RELEASE.destinations)) {
      const { objects } = await bucket.list({ prefix: `dead/${destination}/` });
      for (const { key } of objects) {
        const item = await (await bucket.get(key))?.json<DeliveryItem>();
        if (!item) continue;
        const newId = () => `${this.#name}-replayed-${++this.#made}`;
        this.#deliveries.push(...packItems(destination, [{ ...item, attempt: 1 }], newId).envelopes);
        await db.prepare("DELETE FROM delivery_failures WHERE item_id = ?1").bind(item.id).run();
        await bucket.delete(key);
      }
    }
  }

  async #replayQuarantine(): Promise<void> {
    const { identity, db, bucket, keys } = this.#stores;
    const context = {
      identity,
      db,
      bucket,
      keys,
      document: { ...RELEASE, repairs: {} },
      send: async (messages: readonly string[]) => void this.#events.push(...messages),
    };
    const newId = () => `${this.#name}-back-${++this.#made}`;
    const days = { from: "2026-11-01", to: "2026-12-31" };
    await replay(context, days, { limit: 100, after: undefined, now: this.#now, newId });
  }

  async #erase({ whom, which, stops, breaks }: Step & { do: "erase" }): Promise<void> {
    const { db, keys } = this.#stores;
    const browser = this.#browsers[which % BROWSERS];
    const person = this.#persons[which % PERSONS];
    if (!browser || !person) return;
    const id = `${this.#name}-request-${++this.#made}`;
    const isPerson = whom === "person";
    const named = isPerson
      ? [
          await identifierKey(keys.lookup, "email", person.email),
          await identifierKey(keys.lookup, "user_id", person.user),
        ]
      : [browser.visitor];
    const payload = { identities: [], callbacks: [], submitted: "", base: "" };
    const { sealed, wrapped } = await sealNew(keys, id, payload);
    await insertRequest(
      db,
      {
        id,
        type: "erasure",
        regulation: "gdpr",
        status: "in_progress",
        verification: "operator",
        madeBy: "actor:test",
        verifiedBy: null,
        receivedAt: this.#now,
        dueAt: this.#now + 30 * 24 * HOUR,
        extended: false,
        completedAt: null,
        scope: isPerson ? "person" : "device",
        subjects: named,
        identityTypes: [],
        sealed,
        steps: [],
        cancelledReason: null,
        resultsUntil: null,
        alertedDay: null,
      },
      wrapped,
    );
    this.#requests.push(id);
    await this.#work(id, stops, breaks);
  }

  /** Requests that were broken off, and those that a restored database has forgotten. */
  async #carryOn(): Promise<void> {
    const { identity, db, bucket, keys } = this.#stores;
    // Within the minute cron ends an entry that was broken off.
    await requireErasures(identity, bucket, this.#now);
    // A quarter of an hour later: what is missing then is missing by a restore.
    this.#now += HOUR;
    await requireErasures(identity, bucket, this.#now);
    const recovered = await recoverRequests({ db, bucket, keys }, this.#now);
    for (const id of new Set([...recovered, ...this.#requests]))
      await this.#work(id, Number.POSITIVE_INFINITY);
  }

  /** As the workflow runs them, one after the other. */
  async #work(id: string, stops: number, breaks?: number): Promise<void> {
    const deps = this.#deps();
    const names = stepsOf("erasure", RELEASE).flat();
    if ((await this.#statusOf(id)) !== "in_progress") return;
    for (const name of names.slice(0, stops)) {
      for (let turn = 0; turn < 50; turn++) {
        const run = () => runStep(deps, id, name, stepNamed(name));
        const went = await this.#until(name === "suppress" ? breaks : undefined, run);
        if (went === undefined) return;
        if (went.state === "wait") throw new Error(`${name} waits: ${went.code}`);
        if (went.state === "ended") {
          if (went.failed) throw new Error(`${name} failed`);
          break;
        }
      }
      if (name === "prove") return; // It has ended.
      if (name !== "suppress") continue;
      const erased = await readRequest(this.#stores.db, id);
      this.#judge.erased(erased?.subjects ?? []);
    }
  }

  /** Of a request's row nothing else: that is asked in thousands of runs. */
  async #statusOf(id: string): Promise<string | undefined> {
    const asked = this.#stores.db.prepare("SELECT status FROM subject_requests WHERE id = ?1").bind(id);
    return (await asked.first<{ status: string }>())?.status;
  }

  #deps(): StepDeps {
    const { identity, db, kv, bucket, keys, signer } = this.#stores;
    return {
      identity,
      db,
      kv,
      bucket,
      keys,
      signer,
      liveTail: this.#ring.namespace(),
      visitors: this.#stores.visitors,
      tenant: "doorstep",
      document: RELEASE,
      secretOf: () => SECRET,
      ...reach,
      fetch: async () => new Response(null, { status: 204 }),
      clock: () => this.#now,
      allowInsecure: false,
    };
  }
}

/** Which of the waiting messages a consumer takes, as bits; from the ninth on all go with the eighth. */
type Taking = Pick<Step & { do: "ingest" }, "which" | "reversed" | "again" | "meanwhile" | "breaks">;

const ALL_OF_THEM: Taking = {
  which: 0xff,
  reversed: false,
  again: false,
  meanwhile: undefined,
  breaks: undefined,
};

/** What was at work is gone. */
class Crash extends Error {}

/** Calls that another may come between. */
const WRITES: ReadonlySet<string> = new Set(["batch", "put"]);

/** A binding that asks before each call. */
const hooked = <T extends object>(binding: T, before: (method: string) => Promise<void>): T =>
  new Proxy(binding, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (!WRITES.has(String(name))) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        await before(String(name));
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });

function takeFrom<T>(queue: T[], { which, reversed, again }: Taking): T[] {
  const isTaken = (n: number) => ((which >> Math.min(n, 7)) & 1) === 1;
  const taken = queue.filter((_, n) => isTaken(n));
  if (!again) queue.splice(0, queue.length, ...queue.filter((_, n) => !isTaken(n)));
  return reversed ? taken.reverse() : taken;
}
