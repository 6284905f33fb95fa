/** Markers that stand for what a person is known by, and the forms in which one could be found again somewhere. */

/** One value that is planted in one place. */
export interface Marker {
  /** Where it was planted. */
  place: string;
  value: string;
}

/** A text that something holds, and where. */
export interface Found {
  where: string;
  text: string;
}

const encoder = new TextEncoder();

/** The value as it is, and in every form that is as good as it: encoded, or hashed without a key. */
export async function formsOf(value: string): Promise<{ form: string; text: string }[]> {
  const bytes = encoder.encode(value);
  const forms = [
    { form: "raw", text: value },
    { form: "percent-encoded", text: percentEncoded(value) },
    { form: "hex", text: bytes.toHex() },
    ...partsOf(value).map((text) => ({ form: "a part of it", text })),
    ...base64Forms(bytes),
  ];
  for (const algorithm of ["SHA-256", "SHA-1", "MD5"]) {
    for (const [said, text] of Object.entries(spellings(value))) {
      const digest = new Uint8Array(await crypto.subtle.digest(algorithm, encoder.encode(text)));
      const form = `${algorithm} of it ${said}`;
      forms.push({ form: `${form}, hex`, text: digest.toHex() });
      for (const alphabet of ["base64", "base64url"] as const)
        forms.push({ form: `${form}, ${alphabet}`, text: digest.toBase64({ alphabet, omitPadding: true }) });
    }
  }
  return [...new Map(forms.map((one) => [one.text, one])).values()].filter(({ text }) => text.length >= 7);
}

/** The names in an address, and a number without its country's: a scrubbing that leaves them has left the person. */
const partsOf = (value: string): string[] =>
  value.includes("@")
    ? (value.split("@")[0] ?? "").split(".")
    : value.startsWith("+")
      ? [value.slice(4)]
      : [];

/** As a vendor or a careless hand would hash it. */
const spellings = (value: string): Record<string, string> => ({
  "as it is": value,
  trimmed: value.trim().toLowerCase(),
  "as digits": value.replaceAll(/\D/g, "") || value,
});

/** Every character as an escape that may be one. */
const percentEncoded = (value: string): string =>
  encodeURIComponent(value) === value
    ? [...encoder.encode(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
    : encodeURIComponent(value);

/** Within a longer text its base64 depends on where it stands: what is the same for each of the three places. */
function base64Forms(bytes: Uint8Array): { form: string; text: string }[] {
  return [0, 1, 2].flatMap((offset) => {
    const moved = new Uint8Array(offset + bytes.length);
    moved.set(bytes, offset);
    const whole = moved.toBase64({ omitPadding: true });
    // The first and the last characters hold bits of what is around it.
    const text = whole.slice(offset === 0 ? 0 : offset + 1, Math.floor((moved.length * 8) / 6));
    return [
      { form: `base64 at ${offset}`, text },
      { form: `base64url at ${offset}`, text: text.replaceAll("+", "-").replaceAll("/", "_") },
    ];
  });
}

/** What stands in one place, ready to be searched for many markers. */
interface Searched {
  where: string;
  text: string;
  lower: string;
}

/** Where markers are found, in which form. Letters of either case are the same to whoever reads them. */
export async function sightings(markers: readonly Marker[], everything: readonly Found[]): Promise<string[]> {
  const places = [...Map.groupBy(everything, ({ where }) => where)].map(([where, found]): Searched => {
    const text = found.map((one) => one.text).join("\n");
    return { where, text, lower: text.toLowerCase() };
  });
  const seen: string[] = [];
  for (const { place, value } of markers) {
    for (const { form, text } of await formsOf(value)) {
      const holds = form.includes("base64")
        ? (one: Searched) => one.text.includes(text)
        : (one: Searched) => one.lower.includes(text.toLowerCase());
      for (const one of places.filter(holds)) seen.push(`${place} → ${one.where} (${form})`);
    }
  }
  return seen;
}

/** A local part of two, each of which tells whose it is. */
const parted = (number: string): string => `zqxa${number}.zqxb${number}`;

let n = 0;
const planted: Marker[] = [];
const behavioural: Marker[] = [];
const next = (): string => `${++n}`.padStart(3, "0");
const plant = (place: string, value: string): string => {
  planted.push({ place, value });
  return value;
};

/** Markers by what they look like: free text is scrubbed of what has a person's form, a name has none. */
export const mark = {
  email: (place: string): string => plant(place, `${parted(next())}@mark.example.com`),
  phone: (place: string): string => plant(place, `+42190577${next()}0`),
  /** Without a form by which it could be told from any other word. */
  word: (place: string): string => plant(place, `Zqxword${next()}Berg`),
  /** In a field that its contract classes as behavioural or technical: what the site writes there stands as it is. */
  behavioural: (place: string): string => {
    const value = `zqx-behaviour-${next()}`;
    behavioural.push({ place, value });
    return value;
  },
};

export const behaviouralMarkers = (): readonly Marker[] => behavioural;

/** All that were planted so far. */
export const plantedMarkers = (): readonly Marker[] => planted;
