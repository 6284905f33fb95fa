/** Salesforce leads or contacts, and custom objects for events. https://developer.salesforce.com/docs/platform/api-rest/ */
import type { DestinationType } from "../contract.ts";
import { BATCH_LIMIT } from "./api.ts";
import { eraseRecords } from "./erase.ts";
import { fitSalesforce } from "./fit.ts";
import { askLimits } from "./health.ts";
import { mapSalesforce, type SalesforceBody, salesforceBody } from "./map.ts";
import { sendRecords } from "./send.ts";
import { SALESFORCE_HOSTS, type SalesforceSettings, salesforceSettings } from "./settings.ts";

export const salesforce: DestinationType<SalesforceSettings, SalesforceBody> = {
  name: "salesforce",
  title: "Salesforce leads and contacts",
  settings: salesforceSettings,
  credentials: ["client_secret", "private_key"],
  addresses: { login_url: SALESFORCE_HOSTS },
  deduplicates: true,
  limits: { batch: BATCH_LIMIT, perRequest: BATCH_LIMIT, requestsPerSecond: 5, concurrency: 2 },
  needs: ["marketing"],
  needsPersonal: true,
  changes: true,
  records: ["fields"],
  body: salesforceBody,
  map: mapSalesforce,
  fit: fitSalesforce,
  send: sendRecords,
  health: askLimits,
  erasure:
    "The person's leads or contacts are found by their addresses and profiles and deleted, and before them the records of their events. Deleted records lie in the org's recycle bin for 15 days.",
  erase: eraseRecords,
};
