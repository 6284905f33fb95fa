/**
 * Consent strings in an address, by the names that the IAB gives their parameters: `gdpr_consent`, `gpp`, `gpp_sid` and
 * `us_privacy`. Google's tag sends them, and pixels for pages and mails have them filled in. Called by the protocols that
 * take events from a query.
 *
 * `gdpr=0`, the sender's word that the GDPR does not apply, is not read, nor is `gdpr=1`: which regime holds is for the
 * place to say, and a string beside it counts all the same.
 * Source: https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework (URL parameters) and
 * https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform (Core, "How does the GPP work")
 */
import type { ConsentString } from "#consent/signals/strings";
import type { Query } from "../query.ts";
import type { ParsedBody } from "./protocol.ts";

/** All that is read. */
export const CONSENT_PARAMETERS = ["gdpr_consent", "gpp", "gpp_sid", "us_privacy"] as const;

/** The header of a GPP string with the US Privacy section alone: `us_privacy` is what follows it. */
const US_PRIVACY_HEADER = "DBABTA";
const US_PRIVACY_SECTION = [6];

/**
 * The strings that parameters carry; undefined where there is none. What is not valid is left to the readers, which deny.
 * @param said a parameter's value by its name
 */
export function stringsOf(
  said: (name: (typeof CONSENT_PARAMETERS)[number]) => string | null | undefined,
): readonly ConsentString[] | undefined {
  const tcf = said("gdpr_consent");
  const gpp = said("gpp");
  const usPrivacy = said("us_privacy");
  if (!tcf && !gpp && !usPrivacy) return undefined;
  const strings: ConsentString[] = [];
  if (tcf) strings.push({ kind: "tcf", text: tcf });
  if (gpp) strings.push({ kind: "gpp", text: gpp, sectionIds: sectionsOf(said("gpp_sid")) });
  if (usPrivacy)
    strings.push({ kind: "gpp", text: `${US_PRIVACY_HEADER}~${usPrivacy}`, sectionIds: US_PRIVACY_SECTION });
  return strings;
}

/** Registered are 27 sections. */
const SECTIONS = /^-?\d{1,3}(,-?\d{1,3}){0,99}$/;

/** `7,8`; undefined, which is all that the string has, where it is no such list. */
const sectionsOf = (listed: string | null | undefined): readonly number[] | undefined =>
  listed && SECTIONS.test(listed) ? listed.split(",").map(Number) : undefined;

/** The events of a request whose address speaks for all of them. */
export function withStringsOf(query: Query, parsed: ParsedBody): ParsedBody {
  const strings = stringsOf((name) => query.get(name));
  if (strings) for (const event of parsed.events) event.strings = strings;
  return parsed;
}
