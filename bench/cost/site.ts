/** The site that is played: its release, as KV has it, and the Worker's settings. */
import { readFile } from "node:fs/promises";
import { releaseSchema } from "#contracts/definitions/release";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";
import { BASE_PATH, WRITE_KEY } from "./browser.ts";
import { ORIGIN_URL } from "./vendors.ts";

const DESTINATIONS = ["ga4", "hubspot"];
export const MASTER_SECRET = "cost-meter-0123456789abcdef0123456789abcdef";

export async function releaseInKv(): Promise<[string, string][]> {
  const text = await readFile(new URL("../../demo/release.json", import.meta.url), "utf8");
  const document = releaseSchema.parse(
    JSON.parse(text.replaceAll("{{SANDBOX_URL}}", "https://vendor.example.com")),
  );
  const destinations = Object.fromEntries(
    Object.entries(document.destinations)
      .filter(([key]) => DESTINATIONS.includes(key))
      .map(([key, definition]) => {
        // At the vendor's own address, not at the sandbox's.
        const { endpoint: _endpoint, ...settings } = definition.settings;
        return [key, { ...definition, settings }];
      }),
  );
  const { slots, offers, segments } = document;
  const played = {
    ...document,
    destinations,
    // Without the pages of `/try`, which show something to everybody with the first page view: each visitor would be worth a
    // write to KV.
    slots: without(slots, (key) => key.startsWith("try-")),
    offers: without(offers, (_key, { slot }) => slot.startsWith("try-")),
    segments: without(segments, (key) => key === "active"),
  };
  return [
    ["release:active", '{"stable":1}'],
    [`release:1:${RELEASE_SHAPE}`, JSON.stringify(played)],
  ];
}

const without = <T>(all: Record<string, T>, goes: (key: string, one: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([key, one]) => !goes(key, one)));

export const vars = () => ({
  BASE_PATH,
  ORIGIN: ORIGIN_URL,
  TRACE_SLOTS: "0.01",
  RETRY_BASE_SECONDS: "5",
  MASTER_SECRET,
  ADMIN_TOKEN: "admin_cost_0123456789",
  SOURCES: JSON.stringify([{ id: "web", writeKey: WRITE_KEY }]),
  GA4_API_SECRET: "ga4-cost",
  HUBSPOT_TOKEN: "pat-cost",
});
