/**
 * The least that any Worker must do that recognises its visitors: the same reading, the same checks of the three cookies, the
 * same memory of those that were checked, the session sealed anew for the answer, the body handed to the queue as it came. No
 * contract, no consent, no minimisation, no identity, no decision. What the targets leave for all of that lies between this
 * and them.
 */
import { VARS } from "bench:fixtures";
import { Hono } from "hono";
import { CONSENT_COOKIE, type ConsentChoice, unpackConsent } from "#consent/cookie";
import { readCookies } from "#door/cookies";
import { recent } from "#door/recent";
import { sessionCookie } from "#door/respond";
import type { Session } from "#door/session";
import { SESSION_COOKIE } from "#door/session-cookie";
import { ID_COOKIE, readVisitor } from "#door/visitor";
import { type Keyring, keyring } from "#privacy/keys";
import { kv, queue } from "./stand-ins.ts";

const COOKIES = [ID_COOKIE, SESSION_COOKIE, CONSENT_COOKIE];
const choices = recent<ConsentChoice>(1_000);

let keys: Keyring | undefined;

async function visitorOf(headers: Headers, readsOnly: boolean) {
  keys ??= await keyring(VARS.MASTER_SECRET ?? "");
  const [idCookie, session, consent = ""] = readCookies(headers.get("cookie"), COOKIES);
  const visitor = await readVisitor(keys, idCookie, session, Date.now(), readsOnly);
  const choice = choices.get(consent) ?? (await unpackConsent(keys.cookie, consent));
  if (!visitor.id || !visitor.session || !choice) throw new Error("the bench's cookies are not ours");
  choices.keep(consent, choice);
  return { keys, id: visitor.id, key: visitor.key, known: visitor.known, session: visitor.session };
}

const app = new Hono();

app.post("/events", async (c) => {
  const text = await c.req.raw.text();
  const body = JSON.parse(text) as { events: unknown[] };
  const { keys, id, key, known, session } = await visitorOf(c.req.raw.headers, false);
  await queue.send(text);
  const next: Session = { ...session, lastAt: Date.now() };
  const headers = {
    "content-type": "application/json",
    "set-cookie": await sessionCookie(keys, next, { known, id, key }, true),
  };
  return new Response(JSON.stringify({ accepted: body.events.length }), { status: 202, headers });
});

app.get("/slots/:slot", async (c) => {
  const { key } = await visitorOf(c.req.raw.headers, true);
  return c.body(String(await kv.get(`edge:${key}`)), 200, { "content-type": "application/json" });
});

app.get("/health", (c) => c.json({ status: "alive" }));

export default app;
