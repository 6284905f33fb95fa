/**
 * HubSpot's limits on an occurrence of a custom event. It refuses what is beyond them, so texts are cut and the rest is
 * left out.
 * https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/guide#limits
 */
export const EVENT_VALUES = {
  name: /^[a-z][a-z0-9_]{0,49}$/,
  properties: 50,
  characters: 256,
  /** Of addresses: HubSpot's own properties for a page and where it was come from. */
  addressCharacters: 1_024,
} as const;

const ADDRESSES: ReadonlySet<string> = new Set(["hs_url", "hs_referrer"]);

/** The first 50 properties, each cut to the longest text that HubSpot takes, by whole characters. */
export function fitEvent(properties: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties).slice(0, EVENT_VALUES.properties)) {
    const most = ADDRESSES.has(name) ? EVENT_VALUES.addressCharacters : EVENT_VALUES.characters;
    // Half of a surrogate pair is no character: it goes with the rest.
    out[name] = value.length <= most ? value : value.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  }
  return out;
}
