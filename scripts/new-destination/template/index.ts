/**
 * Acme Tool: what is sent there, and how. The file's contract is ../contract.ts, which says of each field what it does.
 */
import type { DestinationType } from "#forward/destinations/contract";
import { erasePeople } from "./erase.ts";
import { type AcmeToolBody, acmeToolBody, fitAcmeTool, mapAcmeTool } from "./map.ts";
import { askAcmeTool, sendAcmeTool } from "./send.ts";
import { ACME_TOOL_HOSTS, type AcmeToolSettings, acmeToolSettings } from "./settings.ts";

export const acmeTool: DestinationType<AcmeToolSettings, AcmeToolBody> = {
  name: "acme_tool",
  title: "Acme Tool",
  settings: acmeToolSettings,
  credentials: ["token"],
  addresses: { endpoint: ACME_TOOL_HOSTS },
  deduplicates: true,
  limits: { batch: 100, perRequest: 100, requestsPerSecond: 10, concurrency: 2 },
  needs: ["marketing"],
  needsPersonal: true,
  changes: true,
  body: acmeToolBody,
  map: mapAcmeTool,
  fit: fitAcmeTool,
  send: sendAcmeTool,
  health: askAcmeTool,
  erasure: "Each of the person's addresses is deleted there with all that is kept of it, at once.",
  erase: erasePeople,
};
