/**
 * A world that steps happen in: browsers with their cookies, the product's own code from the door's decision to the
 * vendor, and queues whose messages wait until a step takes them. What a visitor did is told to the judge (judge.ts) in
 * their words; what the product made of it, it does not see but for what is delivered.
 */

import { chooseConsent, recordChoice } from "#consent/change";
import type { ConsentChoice } from "#consent/cookie";
import { type ConsentSignals, decideConsent, recordOf } from "#consent/decide";
import type { Signal } from "#consent/signals/signal";
import { appendConsent } from "#consent/store";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { AcceptedEvent, EventEnvelope, IdentifierRef } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { packEvents } from "#door/envelope";
import { consumeDeliveries } from "#forward/consumer";
import { releaseDestination } from "#forward/parked";
import { bindConsent, currentConsent } from "#identity/consent-store";
import { type IdentityShards, identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import type { Keyring } from "#privacy/keys";
import { reach } from "../../../setup/reach.ts";
import { Judge, type Statement } from "./judge.ts";
import { POLICY, RELEASE, SECRET } from "./release.ts";
import { batchOf, destinations, liveTail, objects, queueInto, snapshots } from "./stand-ins.ts";
import { BROWSERS, type Run, type Step } from "./steps.ts";

const START = Date.UTC(2026, 10, 22, 10);
const DAY = 86_400_000;

/** Where things are kept. */
export interface Stores {
  identity: IdentityShards;
  db: D1Database;
  kv: KVNamespace;
  bucket: R2Bucket;
  keys: Keyring;
}

/** In memory, but for the database. */
export const heldStores = (db: D1Database, keys: Keyring): Stores => ({
  identity: identityShards([db]),
  db,
  keys,
  kv: snapshots(),
  bucket: objects(),
});

interface Browser {
  /** Identifier key of its visitor id; it has none before something is granted, and after all was withdrawn. */
  visitor: string | undefined;
  gpc: boolean;
  choice: ConsentChoice | undefined;
  /** What a request carries that left before the last decision was answered. */
  before: Pick<Browser, "visitor" | "choice"> | undefined;
  signals: Map<"tcf" | "banner", Signal>;
}

/** One run. @param name makes its keys its own: all runs share a database */
export async function playRun(run: Run, name: string, stores: Stores): Promise<Judge> {
  const world = new World(name, stores);
  for (const [browser, isLinked] of run.linked.entries()) {
    if (!isLinked) continue;
    world.know(browser);
    await world.take({ do: "link", browser });
  }
  await world.take({ do: "ingest", which: 0xff, reversed: false, again: false });
  for (const step of run.steps) await world.take(step);
  await world.finish();
  return world.judge;
}

class World {
  readonly judge: Judge;
  readonly #name: string;
  readonly #stores: Stores;
  readonly #browsers: Browser[];
  readonly #gate = { paused: false };
  readonly #events: string[] = [];
  readonly #deliveries: DeliveryEnvelope[] = [];
  #now = START;
  #made = 0;

  constructor(name: string, stores: Stores) {
    this.#name = name;
    this.#stores = stores;
    this.judge = new Judge(BROWSERS.map(({ person, country }) => ({ person, optIn: country === "SK" })));
    this.#browsers = BROWSERS.map(() => ({
      visitor: undefined,
      gpc: false,
      choice: undefined,
      before: undefined,
      signals: new Map(),
    }));
  }

  /** Give a browser a visitor id. */
  know(index: number): void {
    const browser = this.#browser(index);
    browser.visitor ??= `visitor_id:1.${this.#name}b${index}n${++this.#made}`;
    this.judge.visitorOf(browser.visitor, index);
  }

  async take(step: Step): Promise<void> {
    this.#now += 1000;
    switch (step.do) {
      case "choose":
        return this.#choose(step.browser, lettersToPurposes(step.letters));
      case "sign":
        return this.#sign(step);
      case "gpc":
        this.#browser(step.browser).gpc = step.on;
        return this.judge.gpc(step.browser, step.on, this.#now);
      case "event":
        return this.#event(
          step.browser,
          step.says,
          step.stale ? this.#browser(step.browser).before : undefined,
        );
      case "link":
        return this.#link(step.browser);
      case "wait":
        this.#now += step.ms;
        return;
      case "ingest":
        return this.#ingest(step);
      case "deliver":
        return this.#deliver(step);
      case "pause":
        this.#gate.paused = true;
        return;
      case "resume":
        return this.#resume();
    }
  }

  /** All that still waits, in order: whatever may be delivered is, by now. */
  async finish(): Promise<void> {
    await this.#resume();
    for (let round = 0; round < 4; round++) {
      await this.#ingest({ which: ALL, reversed: false, again: false });
      await this.#deliver({ which: ALL, reversed: false, again: false });
    }
    if (this.#events.length + this.#deliveries.length > 0) throw new Error("a queue does not run empty");
    this.judge.end(this.#now);
  }

  #browser(index: number): Browser {
    const browser = this.#browsers[index];
    if (!browser) throw new Error(`there is no browser ${index}`);
    return browser;
  }

  #signalsOf(index: number): ConsentSignals {
    const { gpc, choice, signals } = this.#browser(index);
    const place = BROWSERS[index];
    const region = place && "region" in place ? place.region : undefined;
    return { now: this.#now, country: place?.country, region, gpc, choice, signals: [...signals.values()] };
  }

  /** As src/door/consent/record.ts does it. */
  async #choose(index: number, granted: readonly Purpose[]): Promise<void> {
    const browser = this.#browser(index);
    const { identity, db } = this.#stores;
    const { gpc, choice: _before, ...given } = this.#signalsOf(index);
    const says = Object.fromEntries(
      PURPOSES.map((p) => [p, granted.includes(p) ? "granted" : "denied"] as const),
    );
    const receipt = `${this.#name}r${++this.#made}`;
    const choice = chooseConsent(says, { ...given, policy: POLICY, before: [], despiteGpc: gpc, receipt });
    const consent = decideConsent(POLICY, { ...given, choice, gpc });
    const inForce = decideConsent(POLICY, { ...given, choice, gpc: false }).granted;
    browser.before = { visitor: browser.visitor, choice: browser.choice };
    browser.choice = choice;
    const isNew = browser.visitor === undefined;
    if (isNew && consent.granted.length > 0) this.know(index);
    this.judge.choose(index, granted, this.#now, gpc, isNew ? undefined : browser.visitor);
    if (browser.visitor !== undefined) {
      const shown = { source: "choice", evidence: receipt };
      await recordChoice(
        browser.visitor,
        choice,
        isNew,
        shown,
        {
          append: (row) => appendConsent(db, row),
          bind: (subject, decided) => bindConsent(identity, subject, decided),
          purgeSnapshot: async () => {},
        },
        inForce,
      );
    }
    if (consent.granted.length === 0) browser.visitor = undefined;
  }

  #sign({ browser, kind, letters, dated }: Step & { do: "sign" }): void {
    const granted = lettersToPurposes(letters);
    const says = Object.fromEntries(
      PURPOSES.map((p) => [p, granted.includes(p) ? "granted" : "denied"] as const),
    );
    const day = this.#now - (this.#now % DAY);
    // Strings that say the same and are of one day are one and the same text, whoever has them.
    const tcf = { name: "", givenAt: day, expiresAt: day + 395 * DAY, evidence: `sha256:${letters}${day}` };
    const banner = {
      name: "onetrust",
      givenAt: dated ? this.#now : 0,
      evidence: `v1:${letters}${dated ? this.#now : ""}`,
    };
    this.#browser(browser).signals.set(kind, { kind, says, ...(kind === "tcf" ? tcf : banner) });
    const givenAt = kind === "tcf" ? day : banner.givenAt;
    const end = kind === "tcf" ? 395 * DAY + day : Number.POSITIVE_INFINITY;
    this.judge.sign(browser, kind, granted, { at: this.#now, givenAt, end });
  }

  /** As src/collect/accept.ts does it, once a request is read. */
  #event(index: number, says: string, stale: Browser["before"]): void {
    const browser = this.#browser(index);
    const now = this.#signalsOf(index);
    const ofRequest = stale ? { ...now, choice: stale.choice } : now;
    const before = decideConsent(POLICY, ofRequest);
    if (before.granted.length > 0 && !stale) this.know(index);
    const visitor = stale ? stale.visitor : browser.visitor;
    const signals = says === "" ? ofRequest : { ...ofRequest, statement: statementOf(says) };
    const consent = decideConsent(POLICY, signals);
    const id = `${this.#name}e${++this.#made}`;
    const identifiers = visitor === undefined ? [] : this.#identifiers(visitor, index);
    const isAccepted = consent.granted.length > 0;
    const record = visitor === undefined ? undefined : recordOf(POLICY, signals, visitor);
    this.#send(isAccepted ? [this.#accepted(id, consent, identifiers)] : [], record, "web");
    const isStale = stale !== undefined;
    this.judge.event({ id, browser: index, visitor, says: statementOf(says), isStale, at: this.#now });
    if (before.granted.length === 0 && !stale) browser.visitor = undefined;
  }

  /** The browser's cookie, the id that its client made up, and of some events the person that it says it is. */
  #identifiers(visitor: string, index: number): IdentifierRef[] {
    const refs: IdentifierRef[] = [
      { key: visitor, proof: "cookie" },
      { key: `anonymous_id:1.${visitor.split(".")[1]}`, proof: "claim" },
    ];
    const user = `user_id:1.${this.#name}p${BROWSERS[index]?.person}`;
    return this.#made % 3 === 0 ? [...refs, { key: user, proof: "claim" }] : refs;
  }

  #link(index: number): void {
    const { visitor } = this.#browser(index);
    if (visitor === undefined) return;
    const says = statementOf("a+m+p+");
    const consent = decideConsent(POLICY, { now: this.#now, gpc: false, statement: says });
    const user = `user_id:1.${this.#name}p${BROWSERS[index]?.person}`;
    const id = `${this.#name}e${++this.#made}`;
    const identifiers: IdentifierRef[] = [user, visitor].map((key) => ({ key, proof: "source" }));
    this.#send([this.#accepted(id, consent, identifiers)], undefined, "server");
    this.judge.link({ id, browser: index, visitor, at: this.#now });
  }

  #accepted(id: string, consent: AcceptedEvent["consent"], identifiers: IdentifierRef[]): AcceptedEvent {
    const shared = { name: "form_submit", version: "1.0.0", protocol: "native", context: {}, removed: [] };
    return {
      ...shared,
      id,
      occurredAt: this.#now,
      consent,
      identifiers,
      properties: { form_id: "newsletter" },
    };
  }

  #send(accepted: AcceptedEvent[], record: ReturnType<typeof recordOf>, source: string): void {
    const newId = () => `${this.#name}m${++this.#made}`;
    const messages = packEvents({ accepted, refused: [], record }, { source, receivedAt: this.#now, newId });
    this.#events.push(...messages);
  }

  async #ingest(how: Taking): Promise<void> {
    const { identity, db, kv, bucket, keys } = this.#stores;
    const envelopes = takeFrom(this.#events, how).map((text) => JSON.parse(text) as EventEnvelope); // packEvents made it
    if (envelopes.length === 0) return;
    const queue = queueInto(this.#deliveries);
    await ingest(envelopes, {
      identity,
      db,
      kv,
      keys,
      lake: bucket,
      liveTail: liveTail(),
      queues: { analytics: queue, crm: queue },
      release: { version: 1, document: RELEASE },
      clock: () => this.#now,
    });
    for (const { receivedAt } of envelopes) this.judge.ingested(receivedAt);
  }

  async #deliver(how: Taking): Promise<void> {
    const { identity, db, bucket, keys } = this.#stores;
    const bodies = takeFrom(this.#deliveries, how);
    if (bodies.length === 0) return;
    const queue = queueInto(this.#deliveries);
    const members = await this.#members();
    const { batch, again } = batchOf(bodies);
    await consumeDeliveries(batch, {
      db,
      bucket,
      keys,
      queues: { analytics: queue, crm: queue },
      destinations: destinations(this.#gate),
      liveTail: liveTail(),
      document: RELEASE,
      release: 1,
      currentConsent: (wanted) => currentConsent(identity, wanted),
      secretOf: () => SECRET,
      ...reach,
      fetch: async (url, init) => {
        const { data } = JSON.parse(String(init?.body)) as { data: { event_id: string } }; // src/forward made it
        this.judge.delivered(data.event_id, new URL(url).hostname.split(".")[0] ?? "", this.#now, members);
        return new Response(null, { status: 204 });
      },
      clock: () => this.#now,
      newId: () => `${this.#name}d${++this.#made}`,
      random: () => 0,
      retryBaseSeconds: 1,
      allowInsecure: false,
    });
    if (again.size > 0) throw new Error("a delivery was not settled");
  }

  async #resume(): Promise<void> {
    this.#gate.paused = false;
    const context = {
      bucket: this.#stores.bucket,
      queue: queueInto(this.#deliveries),
      now: this.#now,
      itemsPerSecond: Number.POSITIVE_INFINITY,
    };
    for (const destination of Object.keys(RELEASE.destinations))
      await releaseDestination(destination, { ...context, newId: () => `${this.#name}d${++this.#made}` });
  }

  /** Who is one with whom, by what the system has linked so far. */
  async #members(): Promise<(visitor: string) => ReadonlySet<string>> {
    const from = `visitor_id:1.${this.#name}b`;
    const { results } = await this.#stores.db
      .prepare("SELECT key, members->>0 AS profile FROM identifiers WHERE key >= ?1 AND key < ?2")
      .bind(from, `${from}~`)
      .all<{ key: string; profile: string | null }>();
    const profiles = new Map(results.map(({ key, profile }) => [key, profile ?? key]));
    return (visitor) =>
      new Set([visitor, ...profiles.keys()].filter((key) => profiles.get(key) === profiles.get(visitor)));
  }
}

/** Which of the waiting messages a consumer takes, as bits; from the ninth on all go with the eighth. */
type Taking = Pick<Step & { do: "ingest" }, "which" | "reversed" | "again">;

const ALL = 0xff;

function takeFrom<T>(queue: T[], { which, reversed, again }: Taking): T[] {
  const isTaken = (n: number) => ((which >> Math.min(n, 7)) & 1) === 1;
  const taken = queue.filter((_, n) => isTaken(n));
  if (!again) queue.splice(0, queue.length, ...queue.filter((_, n) => !isTaken(n)));
  return reversed ? taken.reverse() : taken;
}

const LETTERS: Record<string, Purpose> = { a: "analytics", m: "marketing", p: "personalization" };

const lettersToPurposes = (letters: string): Purpose[] =>
  [...letters].flatMap((letter) => LETTERS[letter] ?? []);

/** `a+m-`: analytics granted, marketing denied. */
const statementOf = (says: string): Statement =>
  Object.fromEntries(
    [...says.matchAll(/([amp])([+-])/g)].map(([, letter = "", sign]) => [
      LETTERS[letter],
      sign === "+" ? "granted" : "denied",
    ]),
  );
