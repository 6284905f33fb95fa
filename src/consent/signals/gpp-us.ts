/**
 * The sections of a GPP string for the United States: the national one, those of the states and the old `uspv1`. They are
 * about opting out, so they never grant: what they do not deny is left unsaid.
 *
 * | the visitor | denies |
 * |---|---|
 * | opted out of sale, sharing or targeted advertising | marketing |
 * | sent GPC when the string was made | marketing |
 * | was not told of the right to opt out of one of the three, where it applies | marketing: one cannot leave what one does not know of |
 * | did not consent to uses beyond those that were told | marketing |
 * | is known to be a child, and nobody consented | all three: under 13, nothing may be done without, and sections do not agree on which age is at which place |
 *
 * In all of these fields 0 is "does not apply" and one other value is harmless; 3, which has no meaning yet, counts as
 * the worst. Sensitive data and the modes of the MSPA are not read: contracts have no sensitive fields for these
 * purposes, and a mode is not the visitor's.
 * https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform/tree/main/Sections
 */
import { MALFORMED, type SectionReading } from "./gpp-section.ts";
import type { UsSection } from "./gpp-sections.ts";
import { DENIES_ALL, type Says } from "./signal.ts";

/** The only one with a second version. */
const USNAT = 7;
/** Of its first version: 62 bits. */
const USNAT_1_CHARS = 11;

/** Indiana, Kentucky, Rhode Island: what they say of sensitive data is in a segment of its own, in place of GPC's. */
const WITH_SENSITIVE_SEGMENT: ReadonlySet<number> = new Set([25, 26, 27]);

/** 2: did not opt out. */
const OPT_OUTS = ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"];
/** 1: was told. */
const NOTICES = [
  "SharingNotice",
  "ProcessingNotice",
  "SaleOptOutNotice",
  "SharingOptOutNotice",
  "TargetedAdvertisingOptOutNotice",
];
/** 2: consented. */
const FURTHER_USES = ["PersonalDataConsents", "AdditionalDataProcessingConsent"];
const CHILD = "KnownChildSensitiveDataConsents";

const DENIES_MARKETING: Says = { marketing: "denied" };

/** The longest section, with its second segment, has 25 characters. */
const MAX_SECTION_CHARS = 64;

/**
 * @param id of a section of gpp-sections.ts
 * @param text of the same section
 * @param decode called with it, if it is not too long
 * @throws whatever the library does where it cannot decode
 */
export function readUs(id: number, text: string, decode: (text: string) => UsSection): SectionReading {
  if (text.length > MAX_SECTION_CHARS) return MALFORMED;
  const section = decode(text);
  const field = (name: string): unknown => (section.hasField(name) ? section.getFieldValue(name) : undefined);
  const version = field("Version");
  if (version !== undefined && version !== 1 && !(id === USNAT && version === 2))
    return { invalid: "gpp_section_version" };
  const gpc = field("Gpc");
  const segments = text.split(".");
  // The library takes the layout from the length: one that does not fit the version is read as the other.
  const isShort = (segments[0]?.length ?? 0) <= USNAT_1_CHARS;
  if (id === USNAT && isShort !== (version === 1)) return MALFORMED;
  const mayHaveTwo = gpc !== undefined || WITH_SENSITIVE_SEGMENT.has(id);
  if (segments.length > (mayHaveTwo ? 2 : 1) || segments.includes("")) return MALFORMED;
  if (segments.length === 2 && gpc !== undefined && field("GpcSegmentType") !== 1) return MALFORMED;

  const child = field(CHILD);
  const consents: unknown[] = Array.isArray(child) ? child : [child];
  if (consents.some((value) => isWorse(value, 2))) return says(DENIES_ALL);
  const optedOut =
    gpc === true ||
    OPT_OUTS.some((name) => isWorse(field(name), 2)) ||
    NOTICES.some((name) => isWorse(field(name), 1)) ||
    FURTHER_USES.some((name) => isWorse(field(name), 2));
  return says(optedOut ? DENIES_MARKETING : {});
}

/** Not there, not applicable and harmless are none. */
const isWorse = (value: unknown, harmless: number): boolean =>
  value !== undefined && value !== 0 && value !== harmless;

/** Version, then told, opted out of sale, and under the agreement of old: each Y, N or "-" for not applicable. */
export function readUsPrivacy(text: string): SectionReading {
  if (!/^1[YN-]{3}$/.test(text)) return MALFORMED;
  return says(text[2] === "Y" || text[1] === "N" ? DENIES_MARKETING : {});
}

const says = (what: Says): SectionReading => ({ says: what, givenAt: 0 });
