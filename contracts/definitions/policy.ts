/**
 * The consent policy: which regime holds where, what it does while nobody has decided, which signals may grant, and for
 * how long a decision is good. docs/consent.md has the rules, src/consent/decide.ts applies them.
 */
import * as z from "zod";
import { PURPOSES } from "../taxonomy.ts";
import { defaultOf } from "./policy_default.ts";

const answer = z.enum(["denied", "granted"]);

/** What holds while nobody has decided: one answer, or one for each purpose. */
const defaultSchema = z.union(
  [answer, z.strictObject({ analytics: answer, marketing: answer, personalization: answer })],
  'must be "denied", "granted", or one of them for each of analytics, marketing and personalization',
);

/** Signals besides the visitor's own decision at the door. What any of them denies is denied under every regime. */
export const HONOURED_SIGNALS = ["tcf", "gpp", "gpc", "banner", "consent_mode", "statement"] as const;

const days = z.int().min(1).max(3650);

export const regimeSchema = z.strictObject({
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, "must be a country like DE")).default([]),
  /** ISO 3166-2, for example `US-CA`; a region goes before its country. */
  regions: z.array(z.string().regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/, "must be a region like US-CA")).default([]),
  default: defaultSchema,
  /** Signals whose grants count here. GPC is an opt-out for marketing under every regime, listed or not. */
  honours: z.array(z.enum(HONOURED_SIGNALS)).default([...HONOURED_SIGNALS]),
  /** How long a decision is valid here; absent: as long as the policy says. */
  validityDays: days.optional(),
  /** After so many days a banner asks again a visitor who denied something; absent: when the decision has lapsed. */
  askAgainDays: days.optional(),
  /** An event that nothing is granted for: nothing of it is kept, or it is counted, without any id, field or cookie. */
  withoutAnalytics: z.enum(["drop", "count"]).default("drop"),
});

const tcfPurposes = (...purposes: number[]) => z.array(z.int().min(1).max(11)).min(1).default(purposes);
const listed = z.array(z.int().min(1).max(11)).default([]);
/** For these the framework knows no legitimate interest. */
const CONSENT_ONLY: readonly number[] = [1, 3, 4, 5, 6];
const interests = z
  .array(
    z
      .int()
      .min(1)
      .max(11)
      .refine(
        (purpose) => !CONSENT_ONLY.includes(purpose),
        "must not be 1, 3, 4, 5 or 6: these take consent",
      ),
  )
  .default([]);

/** How a TCF string is read: https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework */
export const tcfPolicySchema = z.strictObject({
  /** TCF purposes that ours stand for: all of them have to be allowed. */
  purposes: z
    .strictObject({
      analytics: tcfPurposes(1, 8, 9, 10),
      marketing: tcfPurposes(1, 3, 4),
      personalization: tcfPurposes(1, 5, 6),
    })
    .prefault({}),
  /** For a company that is on the Global Vendor List: its entry there. Absent: the site speaks as its own publisher. */
  vendor: z
    .strictObject({
      id: z.int().min(1).max(65_535),
      /** Purposes that it declared for consent, for legitimate interest, and as flexible. */
      purposes: listed,
      legitimateInterest: interests,
      flexible: listed,
    })
    .optional(),
  /** Ids of the consent managers whose strings are taken; absent: of any. */
  cmps: z.array(z.int().min(1).max(4095)).min(1).optional(),
  /** A string older than this grants nothing. */
  maxAgeDays: days.default(395),
});

/** Banners whose cookies the door can read. */
export const BANNER_NAMES = [
  "onetrust",
  "cookiebot",
  "usercentrics",
  "didomi",
  "vanilla-cookieconsent",
] as const;

/** A banner's category → our purpose. */
const categoriesSchema = z.record(z.string().min(1).max(128), z.enum(PURPOSES));

export const policySchema = z
  .strictObject({
    regimes: z.record(z.string(), regimeSchema),
    /** The regime of an unknown or unlisted place: none may be stricter. */
    otherwise: z.string(),
    /** How long a decision is valid, in days. */
    validityDays: days.default(365),
    tcf: tcfPolicySchema.prefault({}),
    /** Banners whose cookies are read, with their categories; absent: all that are known, with their usual ones. */
    banners: z.partialRecord(z.enum(BANNER_NAMES), categoriesSchema).optional(),
    /** What may stay of an event besides what its contract allows. */
    minimise: z
      .strictObject({
        /** The address that an event came from: gone, or its first 24 (IPv4) or 48 bits (IPv6). */
        ip: z.enum(["drop", "truncate"]).default("drop"),
        /** Query parameters that may stay in URLs, besides those of campaigns; lower case. */
        queryParameters: z
          .array(z.string().regex(/^[a-z0-9_.-]{1,64}$/))
          .max(50)
          .default([]),
      })
      .prefault({}),
  })
  .superRefine((policy, ctx) => {
    const { regimes } = policy;
    if (!Object.hasOwn(regimes, policy.otherwise)) {
      ctx.addIssue({ code: "custom", path: ["otherwise"], message: "names no regime" });
      return;
    }
    const places = new Map<string, string>();
    for (const [key, { countries, regions }] of Object.entries(regimes)) {
      for (const place of [...countries, ...regions]) {
        const other = places.get(place);
        if (other !== undefined && other !== key) {
          const path = ["regimes", key, countries.includes(place) ? "countries" : "regions"];
          ctx.addIssue({ code: "custom", path, message: `${place} is in the regime "${other}" already` });
        }
        places.set(place, key);
      }
    }
    const fallback = regimes[policy.otherwise];
    for (const purpose of PURPOSES) {
      if (!fallback || defaultOf(fallback, purpose) === "denied") continue;
      const stricter = Object.keys(regimes).find((key) => {
        const regime = regimes[key];
        return regime && defaultOf(regime, purpose) === "denied";
      });
      if (stricter === undefined) continue;
      const message = `must name the strictest regime, since it holds where the place is unknown: "${stricter}" denies ${purpose}`;
      ctx.addIssue({ code: "custom", path: ["otherwise"], message });
      return;
    }
  });

export type Policy = z.infer<typeof policySchema>;
export type Regime = z.infer<typeof regimeSchema>;
export type TcfPolicy = z.infer<typeof tcfPolicySchema>;
export type BannerName = (typeof BANNER_NAMES)[number];
