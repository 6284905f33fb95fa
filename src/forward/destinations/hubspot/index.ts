/** HubSpot: contacts, upserted by e-mail address, and what hangs on them, in batches of up to 100. */
import type { DestinationType } from "../contract.ts";
import { BATCH_LIMIT } from "./api.ts";
import { eraseContacts } from "./erase.ts";
import { askContacts } from "./health.ts";
import { fitHubspot, type HubspotBody, hubspotBody, mapHubspot } from "./map.ts";
import { sendHubspot } from "./send.ts";
import { HUBSPOT_HOSTS, type HubspotSettings, hubspotSettings } from "./settings.ts";

export const hubspot: DestinationType<HubspotSettings, HubspotBody> = {
  name: "hubspot",
  title: "HubSpot",
  settings: hubspotSettings,
  deduplicates: true,
  limits: { batch: BATCH_LIMIT, perRequest: BATCH_LIMIT, requestsPerSecond: 5, concurrency: 3 },
  credentials: ["token"],
  addresses: { endpoint: HUBSPOT_HOSTS },
  needs: ["marketing"],
  needsPersonal: true,
  changes: true,
  records: ["properties", "company.properties", "deal.properties"],
  body: hubspotBody,
  map: mapHubspot,
  fit: fitHubspot,
  send: sendHubspot,
  health: askContacts,
  erasure:
    "HubSpot's permanent deletion of each of the person's addresses, and of every contact that carries one of their profiles. HubSpot takes up to 30 days.",
  erase: eraseContacts,
};
