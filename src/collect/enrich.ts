/**
 * What the door itself knows of an event's moment: device, bot, aggregated place, session, campaign, clicks on ads, where
 * the visitor came from, and whether the event names what there is. Runs for every event. Pure; docs/enrichment.md.
 */

import { truncateAddress } from "#consent/address";
import type { Purpose } from "#contracts/taxonomy";
import { keepsShape } from "#core/shapes";
import type { RequestContext } from "#door/context";
import { type Device, deviceOf } from "#door/device";
import type { Session } from "#door/session";
import { attributionOf } from "./enrich/attribution.ts";
import { flagsOf } from "./enrich/references.ts";
import { referrerOf } from "./enrich/referrer.ts";

/** What enrichment reads of the event besides its context. */
export interface EventFacts {
  /** As checked, whether kept or not: only whether they name what there is goes on. */
  properties?: Record<string, unknown>;
  /** The person's own user agent, where an app or a server speaks for them. */
  userAgent?: string | undefined;
  /** A server sent it: its address, user agent and place say nothing of the person. */
  fromServer?: boolean;
  /** The person's IP address: the request's, or what a server says. Kept truncated, where the policy keeps any. */
  address?: string | undefined;
}

const NO_FACTS: EventFacts = {};

/** What an event says of its session. */
export type EventSession = Pick<Session, "id" | "number" | "startedAt" | "campaign">;

/**
 * The event's context with the server's knowledge added. What the sender says of campaign and clicks stands before what
 * the page's URL says; a campaign of neither is the session's.
 * @param raw the context before minimisation: the URL's query is still whole
 */
export function enrich(
  minimised: Record<string, unknown>,
  raw: Record<string, unknown>,
  context: RequestContext,
  session: EventSession | undefined,
  granted: readonly Purpose[],
  { properties, userAgent, fromServer = false, address }: EventFacts = NO_FACTS,
): Record<string, unknown> {
  const out: Record<string, unknown> = { ...minimised };
  const page = raw.page as { url?: string; referrer?: string } | undefined; // checked against the context's schema

  let campaign = out.utm;
  if (page?.url !== undefined) {
    const { utm, clickIds } = attributionOf(page.url, granted.includes("marketing"));
    campaign ??= utm;
    if (clickIds) out.click_ids = out.click_ids ? { ...clickIds, ...out.click_ids } : clickIds;
    out.referrer = referrerOf(page.referrer, page.url);
  }
  campaign ??= session?.campaign;
  if (campaign !== undefined) out.utm = campaign;

  const device = fromServer
    ? userAgent === undefined
      ? undefined
      : deviceOf(userAgent)
    : sendersDevice(context.device, userAgent);
  if (device) {
    const { type, os, browser, agent } = device;
    out.device = { type, ...(os !== undefined && { os }), ...(browser !== undefined && { browser }) };
    // In local development nobody is a bot: see door/context.ts.
    if (device.bot && !context.settings.DEV) {
      out.bot = true;
      if (agent) out.agent = agent;
    }
  }
  if (!fromServer) {
    const { country, region } = context;
    if (country !== undefined) out.geo = { country, ...(region !== undefined && { region }) };
    if (session && (granted.includes("analytics") || granted.includes("personalization"))) {
      out.session = { id: session.id, number: session.number, startedAt: session.startedAt };
    }
  }
  if (address !== undefined) {
    const network = networkOf(address, context, granted);
    if (network !== undefined) out.ip = network;
  }
  const flags = properties && flagsOf(context.release.document, properties);
  if (flags) out.flags = flags;
  return kept(out);
}

const kept = keepsShape<Record<string, unknown>>();

/** What the policy keeps of an address, for those who measure or advertise; undefined for nothing. */
function networkOf(
  address: string,
  { release }: RequestContext,
  granted: readonly Purpose[],
): string | undefined {
  if (release.document.policy.minimise.ip !== "truncate") return undefined;
  if (!granted.includes("analytics") && !granted.includes("marketing")) return undefined;
  return truncateAddress(address);
}

/**
 * The device of an event that came straight from its sender. An app's HTTP library (`okhttp`) is no bot where the app
 * says what it runs on; another bot stays one, whatever it says.
 */
function sendersDevice(device: Device, userAgent: string | undefined): Device {
  if (userAgent === undefined) return device;
  if (device.bot && device.agent?.kind !== "http_client") return device;
  return deviceOf(userAgent);
}
