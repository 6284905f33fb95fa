/** What the door makes of a request's consent: for the tests of strings and signals inside the wire protocols. */
import { env } from "cloudflare:workers";
import { GppModel } from "@iabgpp/cmpapi";
import { expect } from "vitest";
import { accept } from "#collect/accept";
import { native } from "#collect/protocols/native";
import type { Protocol } from "#collect/protocols/protocol";
import { packConsent } from "#consent/cookie";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { readSettings } from "../../../src/env.ts";
import { tcfString } from "../../setup/tcf-strings.ts";
import { event, HOST } from "../product.ts";

const NOW = Date.now();
/** Of this week, so that no age is in the way. */
export const recently = (daysAgo: number) => {
  const day = Math.floor(NOW / 86_400_000 - daysAgo) * 86_400_000;
  return { created: day, updated: day };
};
export const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
export const GRANTED = tcfString({ ...recently(1), purposes: ALL });
export const NOTHING = tcfString({ ...recently(1), purposes: [] });
export const MEASURING = tcfString({ ...recently(1), purposes: [1, 7, 8, 9, 10] });
export const PURPOSES: Purpose[] = ["analytics", "marketing", "personalization"];

/** A GPP string of one section of a state. */
export function gppString(section: string, fields: Record<string, unknown>): string {
  const model = new GppModel();
  for (const [field, value] of Object.entries(fields)) model.setFieldValue(section, field, value);
  return model.encode();
}
export const SOLD_NOT = gppString("usca", { SaleOptOut: 1 });

export interface Sent {
  protocol?: Protocol;
  method?: "GET" | "POST";
  path?: string;
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  country?: string;
  headers?: Record<string, string>;
  /** Further cookies, as `name=value`. */
  cookies?: string[];
  /** Purposes of the visitor's own decision at the door. */
  cookie?: Purpose[];
}

/** What the door makes of a request: its answer, and what it hands to the queue. */
export async function send(sent: Sent) {
  const { protocol = native, method = "POST", path = "/events", params = {}, query = {}, body } = sent;
  const settings = readSettings(env as unknown as Parameters<typeof readSettings>[0]);
  if (!settings.ok) throw new Error(settings.problems.join());
  const keys = await keyring(settings.settings.MASTER_SECRET);
  const cookies = [`ds_dev_country=${sent.country ?? "SK"}`];
  cookies.push(...(sent.cookies ?? []));
  if (sent.cookie) {
    const choice = { receipt: crypto.randomUUID(), granted: sent.cookie, regime: "gdpr", despiteGpc: false };
    const times = { givenAt: NOW - 60_000, expiresAt: NOW + 86_400_000 };
    cookies.push(`ds_consent=${await packConsent(keys.cookie, { ...choice, ...times })}`);
  }
  const route = protocol.routes.find((one) => one.path === path && one.method === method);
  if (!route) throw new Error(`no route ${method} ${path}`);
  const at = Object.entries(params).reduce((all, [name, value]) => all.replace(`:${name}`, value), path);
  const request = new Request(`${HOST}${at}?${new URLSearchParams(query)}`, {
    method,
    headers: { origin: HOST, "sec-fetch-site": "same-origin", cookie: cookies.join("; "), ...sent.headers },
    ...(method === "POST" && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const messages: string[] = [];
  const state = {
    settings: settings.settings,
    keys,
    release: await activeRelease(env.EDGE, NOW),
    now: NOW,
  };
  const response = await accept(request, protocol, route, params, state, {
    send: async (batch) => void messages.push(...batch),
    count: () => undefined,
    newId: () => crypto.randomUUID(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  const envelopes = messages.map((text) => eventEnvelopeSchema.parse(JSON.parse(text)));
  return {
    response,
    events: envelopes.flatMap(({ events }) => events),
    refused: envelopes.flatMap(({ refused }) => refused),
    records: envelopes.flatMap(({ record }) => record ?? []),
    cookies: response.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? ""),
  };
}

const view = (consent?: unknown) => event("page_view", {}, consent === undefined ? {} : { consent });
export const events = (...consents: unknown[]) => ({ write_key: "wk_demo", events: consents.map(view) });

/** What was granted for the one event of a request, and on what grounds. */
export async function decided(sent: Sent) {
  const { events: accepted, refused } = await send(sent);
  expect(accepted.length + refused.length).toBe(1);
  const [one] = accepted;
  return one
    ? { granted: one.consent.granted, grounds: one.consent.grounds }
    : { granted: [], grounds: refused[0]?.consent?.grounds };
}
