/** What the door itself knows of an event's moment: device, aggregated place, session, campaign. Pure. */

import { campaignOf } from "#consent/scrub";
import type { Purpose } from "#contracts/taxonomy";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";

/**
 * The event's context with the server's knowledge added. Campaign parameters are read from the page's URL where the
 * sender named none.
 * @param raw the context before minimisation: the URL's query is still whole
 */
export function enrich(
  minimised: Record<string, unknown>,
  raw: Record<string, unknown>,
  context: RequestContext,
  session: Session | undefined,
  granted: readonly Purpose[],
): Record<string, unknown> {
  const { device, country, region } = context;
  const out: Record<string, unknown> = { ...minimised };
  const url = (raw.page as { url?: string } | undefined)?.url; // checked against the context's schema
  const campaign = out.utm ?? (url === undefined ? undefined : campaignOf(url)) ?? session?.campaign;
  if (campaign !== undefined) out.utm = campaign;
  out.device = {
    type: device.type,
    ...(device.os !== undefined && { os: device.os }),
    ...(device.browser !== undefined && { browser: device.browser }),
  };
  if (country !== undefined) out.geo = { country, ...(region !== undefined && { region }) };
  if (device.bot) out.bot = true;
  if (session && (granted.includes("analytics") || granted.includes("personalization"))) {
    out.session = { id: session.id, number: session.number, startedAt: session.startedAt };
  }
  return out;
}
