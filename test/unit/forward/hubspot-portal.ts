/** A HubSpot portal of the demo's sandbox for a test file, and what delivery does with events on their way to it. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { exampleEvent } from "#forward/destinations/example-event";
import { hubspot } from "#forward/destinations/hubspot/index";
import type { HubspotBody } from "#forward/destinations/hubspot/map";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { type Demo, startDemo } from "../../../demo/server.ts";
import { reach } from "../../setup/reach.ts";

interface StoredRecord {
  id: string;
  properties: Record<string, string>;
}
interface Crm {
  companies: StoredRecord[];
  deals: StoredRecord[];
  associations: { from: string; fromId: string; to: string; toId: string }[];
  events: { eventName: string; email: string; occurredAt: string; properties: Record<string, string> }[];
}
export interface Given {
  event: DeliveryEvent;
  traits?: Traits;
  modes?: HubspotBody["modes"];
  itemId?: string;
}

export const ida: Traits = { email: "ida@example.com" };
export const proved = (
  name: string,
  properties: Record<string, unknown>,
  traits = ida,
  more: Partial<DeliveryEvent> = {},
): Given => ({ event: exampleEvent(name, properties, { verified: true, id: name, ...more }), traits });

/** An item's id is made of its event, as in delivery: 32 hex digits. */
const idOf = (id: string) => Buffer.from(id.padEnd(16, "_").slice(0, 16)).toString("hex");

/** Starts a demo before the file's tests, empties it before each, and closes it after them. */
export function hubspotPortal() {
  let demo: Demo | undefined;
  beforeAll(async () => {
    demo = await startDemo({ port: 0 });
  });
  afterAll(() => demo?.close());
  const url = () => demo?.url ?? "";
  beforeEach(async () => {
    await fetch(`${url()}/_received`, { method: "DELETE" });
  });
  const read = async <T>(path: string) => (await fetch(`${url()}${path}`)).json() as Promise<T>;

  return {
    url,
    crm: () => read<Crm>("/_crm"),
    contacts: () => read<StoredRecord[]>("/_contacts"),
    received: () => read<{ path: string; status: number }[]>("/_received?vendor=hubspot"),
    async deliver(given: readonly Given[], more: Record<string, unknown> = {}) {
      const settings = hubspotSettings.parse({ token: "pat-demo", endpoint: `${url()}/hubspot`, ...more });
      const bodies = given.map(({ event, traits = {}, modes, itemId }) => {
        const result = hubspot.map(event, traits, settings);
        if (result.status !== "mapped") throw new Error(result.status);
        const body = hubspot.body.parse({ ...result.body, ...(modes && { modes }) });
        return { itemId: idOf(itemId ?? event.id), event, body };
      });
      return hubspot.send(bodies, {
        settings,
        fetch: (to, init) => fetch(to, init),
        now: 0,
        signal: AbortSignal.timeout(5_000),
        allowInsecure: true,
        ...reach,
      });
    },
  };
}
