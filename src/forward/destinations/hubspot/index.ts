/** HubSpot contacts, upserted by e-mail address in batches of up to 100. */
import type { DestinationType } from "../contract.ts";
import { BATCH_LIMIT } from "./api.ts";
import { eraseContacts } from "./erase.ts";
import { hubspotExamples } from "./examples.ts";
import { type HubspotBody, mapHubspot } from "./map.ts";
import { sendContacts } from "./send.ts";
import { type HubspotSettings, hubspotSettings } from "./settings.ts";

export const hubspot: DestinationType<HubspotSettings, HubspotBody> = {
  name: "hubspot",
  title: "HubSpot contacts",
  settings: hubspotSettings,
  deduplicates: true,
  limits: { batch: BATCH_LIMIT },
  credentials: ["token"],
  needs: ["marketing"],
  needsPersonal: true,
  map: mapHubspot,
  send: sendContacts,
  erasure:
    "HubSpot's permanent deletion of each of the person's addresses, and of every contact that carries one of their profiles. HubSpot takes up to 30 days.",
  erase: eraseContacts,
  examples: hubspotExamples,
};
