/** The demo's Salesforce as the tests of the destination use it: over real HTTP, with a token cache of its own. */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { DeliveryOutcome } from "#core/outcome";
import type { Fetch, SendContext } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { salesforce } from "#forward/destinations/salesforce/index";
import type { SalesforceBody } from "#forward/destinations/salesforce/map";
import type { SalesforceSettings } from "#forward/destinations/salesforce/settings";
import { tokenCache } from "#forward/tokens";
import type { runningDemo } from "../demo/running-demo.ts";

export type Said = { event: DeliveryEvent; traits?: Traits };
export interface StoredRecord {
  id: string;
  object: string;
  values: Record<string, unknown>;
}

export const proved = { verified: true, identityState: "authenticated" } as const;

/** Somebody sent a form. */
export const form = (email: string, changes: Partial<DeliveryEvent> = {}, traits: Traits = {}): Said => ({
  event: exampleEvent("form_submit", { form_id: "newsletter" }, changes),
  traits: { email, ...traits },
});

export function salesforceOrg(demo: ReturnType<typeof runningDemo>) {
  let tokens = tokenCache();
  const settingsOf = (changes: Record<string, unknown> = {}) =>
    salesforce.settings.parse({
      login_url: `${demo.url()}/salesforce`,
      client_id: "doorstep-demo",
      client_secret: "salesforce-demo",
      ...changes,
    }) as SalesforceSettings;
  const contextOf = (changes: Record<string, unknown> = {}): SendContext<SalesforceSettings> => ({
    settings: settingsOf(changes),
    fetch: ((url, init) => fetch(url, init)) as Fetch,
    now: Date.now(),
    signal: AbortSignal.timeout(5_000),
    allowInsecure: true,
    tokens,
    queueOf: () => undefined,
  });
  const mapped = (said: readonly Said[], settings: SalesforceSettings) =>
    said.map(({ event, traits = {} }, n) => {
      const result = salesforce.map(event, traits, settings);
      if (result.status !== "mapped") throw new Error(result.status);
      return { itemId: `item-${n}-${event.id}`, event, body: result.body };
    });

  return {
    settingsOf,
    contextOf,
    /** Forget every token, as a new isolate has. */
    forget: () => {
      tokens = tokenCache();
    },
    /** Map and send, as delivery does. `change`: what a mapping does to each body. */
    deliver: (
      said: readonly Said[],
      changes: Record<string, unknown> = {},
      change: (body: SalesforceBody, n: number) => SalesforceBody = (body) => body,
    ): Promise<DeliveryOutcome[]> => {
      const context = contextOf(changes);
      const bodies = mapped(said, context.settings).map((one, n) => ({ ...one, body: change(one.body, n) }));
      return salesforce.send(bodies, context);
    },
    records: async (object?: string): Promise<StoredRecord[]> => {
      const all = (await (await demo.get("/salesforce/_records")).json()) as StoredRecord[];
      return object === undefined ? all : all.filter((record) => record.object === object);
    },
    /** A record that somebody in the org has made. */
    make: (object: string, values: Record<string, unknown>) =>
      demo.call("/salesforce/_records", { body: { object, values } }),
    /** Paths of the requests that the org got, without the version. */
    paths: async () =>
      (await demo.received("salesforce"))
        .filter(({ path }) => !path.includes("/_"))
        .map(
          ({ method, path }) => `${method} ${path.replace(/^\/salesforce\/services(\/data\/v[\d.]+)?/, "")}`,
        ),
  };
}
