/** Whether a portal takes our token: one contact is asked for, and not looked at. */
import { unsafeEndpoint } from "#core/safe-url";
import type { Health, SendContext } from "../contract.ts";
import { healthOf } from "../health.ts";
import { discard, request } from "../http.ts";
import { objectPath } from "./api.ts";
import { HUBSPOT_HOSTS, type HubspotSettings } from "./settings.ts";

/** https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide */
export async function askContacts(context: SendContext<HubspotSettings>): Promise<Health> {
  const { settings, fetch, signal, now, allowInsecure } = context;
  const unsafe = unsafeEndpoint(settings.endpoint, HUBSPOT_HOSTS, allowInsecure);
  if (unsafe) return { status: "misconfigured", code: "unsafe_url", detail: unsafe };
  const url = `${settings.endpoint.replace(/\/$/, "")}/${objectPath("contacts", "?limit=1")}`;
  const headers = { authorization: `Bearer ${settings.token}` };
  const sent = await request(fetch, url, { method: "GET", headers }, signal);
  if (sent.arrived) await discard(sent.response);
  return healthOf(sent, now);
}
