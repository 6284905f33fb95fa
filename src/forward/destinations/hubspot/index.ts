/** HubSpot contacts, upserted by e-mail address in batches of up to 100. */
import type { DestinationType } from "../contract.ts";
import { BATCH_LIMIT } from "./api.ts";
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
  needs: ["marketing"],
  needsPersonal: true,
  map: mapHubspot,
  send: sendContacts,
  examples: hubspotExamples,
};
