/** The setting SOURCES: the sites, apps and servers that send events, with their keys. */
import * as z from "zod";

const keyText = z.string().min(6).max(128);
/** A key, or one with an end: `until` is the first moment at which it is refused. */
const keySchema = z.union(
  [
    keyText,
    z.strictObject({
      key: keyText,
      until: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
      disabled: z.boolean().default(false),
    }),
  ],
  'must be a key of 6 to 128 characters, or {"key", "until": "2027-01-31", "disabled"}',
);
/** One key, or several while they are rotated. */
const keysSchema = z
  .union([keySchema, z.array(keySchema).min(1).max(10)], {
    error:
      'must be a key of 6 to 128 characters, {"key", "until": "2027-01-31", "disabled"}, or a list of these',
  })
  .optional();

/** What becomes of a source's events that no contract names. */
const unknownEventsSchema = z
  .union(
    [
      z.literal("quarantine"),
      // Names that a field of the contract `custom` may have: with another, every such event would be refused.
      z.strictObject({
        accept: z
          .array(
            z
              .string()
              .regex(/^[A-Za-z]\w{0,63}$/, "must be a letter and then letters, digits and _, at most 64"),
          )
          .max(100),
      }),
    ],
    'must be "quarantine", or {"accept": ["a_field", …]}',
  )
  .default("quarantine");

/** Exactly what a browser sends as `Origin`, or it would match nothing. */
const originSchema = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must be an origin as browsers send it, like "https://shop.example": no path, no slash at the end',
  );

/** A key as the door looks it up. */
export interface SourceKey {
  key: string;
  /** It proves the identifiers that it sends. */
  secret: boolean;
  /** Epoch ms from which on it is refused. */
  until?: number;
  disabled: boolean;
}

/** A site, app or server that sends events. A write key is public; a secret key proves the identifiers it sends. */
export const sourceSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/),
    writeKey: keysSchema,
    secretKey: keysSchema,
    /** Origins that browsers may send from, besides the Worker's own; `https://shop.example`, no path. */
    origins: z.array(originSchema).default([]),
    disabled: z.boolean().default(false),
    /** Segment's consent categories → our purposes; a category that is not listed grants nothing. */
    consentCategories: z
      .record(z.string(), z.enum(["analytics", "marketing", "personalization"]))
      .default({}),
    unknownEvents: unknownEventsSchema,
  })
  .transform((source) => ({
    ...source,
    keys: [...listed(source.writeKey, false), ...listed(source.secretKey, true)],
  }));
export type Source = z.infer<typeof sourceSchema>;

function listed(given: z.infer<typeof keysSchema>, secret: boolean): SourceKey[] {
  return [given ?? []].flat().map((entry) => {
    if (typeof entry === "string") return { key: entry, secret, disabled: false };
    const { key, until, disabled } = entry;
    return { key, secret, disabled, ...(until !== undefined && { until: Date.parse(until) }) };
  });
}

// A transform, unlike a refinement, runs only where every source is well-formed.
export const sourcesSchema = z
  .array(sourceSchema)
  .min(1, "must list a source")
  .transform((sources, ctx) => {
    // A key that is both public and secret would make every visitor a proof; one of two sources, a guess.
    const seen = new Set<string>();
    for (const [index, { keys }] of sources.entries()) {
      for (const { key, secret } of keys) {
        if (seen.has(key)) {
          const path = [index, secret ? "secretKey" : "writeKey"];
          ctx.addIssue({ code: "custom", path, message: "lists a key that is listed before" });
        }
        seen.add(key);
      }
    }
    return sources;
  });
