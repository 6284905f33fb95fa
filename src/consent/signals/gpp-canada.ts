/**
 * Section 5 of a GPP string, the Canadian TCF. It is built like the European one, with express consent where that has
 * consent and implied consent where that has legitimate interest. Only express consent is a grant here; purpose 1 is
 * unused in Canada and not asked for.
 *
 * A site that is a vendor of the European list is granted nothing: what it declared there says nothing about its
 * grounds in Canada, so the section's lists of vendors are left alone. That is also why the library does not decode
 * them: it makes a list of all ids of a range, and a range may be given as up to any number.
 * https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform/tree/main/Sections/Canada
 */
import type { TcfPolicy } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { MALFORMED, type SectionReading } from "./gpp-section.ts";
import type { Says } from "./signal.ts";
import { type Bits, bitCount, bitsOf, isPadding, readBit, readBits } from "./tcf-bits.ts";
import { publisherEnd } from "./tcf-shape.ts";

/** Where the core's bits for express consent begin: purpose 1 is the first of 24. */
const EXPRESS_AT = 151;
/** The core's fixed fields and two empty lists of vendors. */
const MIN_CORE_BITS = 233;

/** The publisher's own segment has them behind its type. */
const PUBLISHER_EXPRESS_AT = 3;

const DISCLOSED_VENDORS = 1;
const PUBLISHER = 3;

export function readCanada(text: string, policy: TcfPolicy): SectionReading {
  const [core, ...segments] = text.split(".", 4).map(bitsOf);
  if (!core || bitCount(core) < MIN_CORE_BITS || segments.length > 2) return MALFORMED;
  // The specification says 1; the IAB's own encoder long wrote 2, in the same layout.
  const version = readBits(core, 0, 6);
  if (version !== 1 && version !== 2) return { invalid: "gpp_section_version" };
  const parts = new Map<number, Bits>();
  for (const segment of segments) {
    if (!segment) return MALFORMED;
    const type = readBits(segment, 0, 3);
    if ((type !== DISCLOSED_VENDORS && type !== PUBLISHER) || parts.has(type)) return MALFORMED;
    parts.set(type, segment);
  }
  const publisher = parts.get(PUBLISHER);
  if (publisher && !isPadding(publisher, publisherEnd(publisher))) return MALFORMED;

  const created = readBits(core, 6, 36) * 100;
  const updated = readBits(core, 42, 36) * 100;
  const cmpId = readBits(core, 78, 12);
  if (cmpId <= 1 || (policy.cmps && !policy.cmps.includes(cmpId))) return { invalid: "tcf_cmp" };
  if (updated === 0 || updated < created) return { invalid: "tcf_dates" };

  const says: Says = {};
  for (const ours of PURPOSES) {
    const asked = policy.purposes[ours].filter((purpose) => purpose !== 1);
    const granted =
      !policy.vendor &&
      asked.length > 0 &&
      asked.every(
        (purpose) =>
          readBit(core, EXPRESS_AT + purpose - 1) &&
          (!publisher || readBit(publisher, PUBLISHER_EXPRESS_AT + purpose - 1)),
      );
    says[ours] = granted ? "granted" : "denied";
  }
  const givenAt = updated - (updated % DAY_MS);
  return { says, givenAt, expiresAt: givenAt + policy.maxAgeDays * DAY_MS };
}
