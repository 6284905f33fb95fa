/**
 * Consent in the operator's API: rates, anonymous counts, and the ledger of one person. Mounted by routes.ts, behind
 * access/guard.ts. Rates and counts are of the sources that the actor may see.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { dayOf, lastReportedDay } from "#consent/counts/days";
import { MIN_EVENTS, reportCounts } from "#consent/counts/report";
import { readCounts } from "#consent/counts/store";
import { regimeOf } from "#consent/policy";
import { namespaceSchema } from "#contracts/namespace_schema";
import { type Clock, DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import { TALLIES } from "#lake/tallies";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import { activeRelease } from "#release/active";
import { unavailable } from "./access/guard.ts";
import { maySeeSource } from "./access/session.ts";
import { type PersonStores, readPerson } from "./consent-person.ts";
import { ratesOf } from "./consent-rates.ts";

export interface ConsentDeps extends PersonStores {
  now: Clock;
  db: D1Database;
  /** Appends to the audit log; where that fails, nothing may be shown. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
}

const DAYS_SHOWN = 7;
/** Days of anonymous counts in one report. */
const MAX_DAYS = 31;
const MAX_BODY_BYTES = 4_000;

/** Whose ledger: one of the three. */
export const personSchema = z.union([
  z.strictObject({
    event_id: z.string().min(1).max(256),
    at: z.union([z.iso.datetime({ offset: true }), z.iso.datetime()]).optional(),
  }),
  z.strictObject({ visitor: z.string().min(3).max(512) }),
  z.strictObject({ namespace: namespaceSchema, value: z.string().min(1).max(512) }),
]);

/** The routes, below `/admin/api`. */
export function consentRoutes(deps: ConsentDeps): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.get("/consent/rates", async (c) => {
    const now = deps.now();
    const days = readDays(c.req.query("days"));
    const from = dayOf(now - (days - 1) * DAY_MS);
    const to = dayOf(now);
    const [tallies, counts, release] = await Promise.all([
      deps.liveTail.get(deps.liveTail.idFromName("tail")).talliesSince(from),
      readCounts(deps.db, from, lastReportedDay(now)),
      activeRelease(deps.kv, now),
    ]);
    const { policy } = release.document;
    const isShown = ({ source }: { source: string }) => maySeeSource(c.get("actor"), source);
    const { groups } = reportCounts(counts.filter(isShown));
    const rates = ratesOf(tallies.filter(isShown), groups, (country) => regimeOf(policy, country).key);
    return c.json({ from, to, ...rates });
  });

  app.get("/consent/counts", async (c) => {
    const last = lastReportedDay(deps.now());
    const to = earlier(readDay(c.req.query("to")) ?? last, last);
    const from = readDay(c.req.query("from")) ?? dayOf(Date.parse(to) - (DAYS_SHOWN - 1) * DAY_MS);
    if ((Date.parse(to) - Date.parse(from)) / DAY_MS >= MAX_DAYS) throw invalidDay();
    const counts = await readCounts(deps.db, from, to);
    const shown = counts.filter(({ source }) => maySeeSource(c.get("actor"), source));
    return c.json({ from, to, min_events: MIN_EVENTS, ...reportCounts(shown) });
  });

  app.post("/consent/ledger", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const now = deps.now();
    // The guard has noted that somebody is about to look; this is at whom.
    const note = (target: string) =>
      deps
        .audit({ at: now, actor: c.get("actor"), action: "person.shown", target, detail: {} })
        .catch(unavailable);
    return c.json(await readPerson(await readBody(c), deps, now, note));
  });

  return app;
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

function readDays(text: string | undefined): number {
  if (text === undefined) return DAYS_SHOWN;
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= TALLIES.days) return days;
  throw new Problem(400, "invalid_days", `\`days\` must be a whole number from 1 to ${TALLIES.days}.`);
}

function readDay(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (z.iso.date().safeParse(text).success) return text;
  throw invalidDay();
}

const invalidDay = (): Problem =>
  new Problem(
    400,
    "invalid_day",
    `\`from\` and \`to\` must be days such as 2026-11-22, in UTC, at most ${MAX_DAYS} together.`,
  );

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}

async function readBody(c: Context): Promise<z.infer<typeof personSchema>> {
  let value: unknown;
  try {
    value = JSON.parse(await c.req.text());
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
  const parsed = personSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(
    400,
    "invalid_body",
    'Send one of `{"event_id": …}`, `{"visitor": "<identifier key>"}` and `{"namespace": "email", "value": …}`.',
  );
}
