/**
 * Reads a string of the Global Privacy Platform: the cookie and parameter `gpp`, with `gpp_sid` for the sections that
 * apply. Several sections: the most restrictive.
 *
 * | section | read by |
 * |---|---|
 * | 2 `tcfeuv2` | the rules of tcf.ts, with its codes |
 * | 5 `tcfcav1` | gpp-canada.ts |
 * | 6 `uspv1`, 7 `usnat`, 8 and more: states | gpp-us.ts |
 *
 * | code | the string |
 * |---|---|
 * | `too_long` | has more than 8,192 characters; nothing of it was read |
 * | `malformed` | is no GPP string, or a section that applies cannot be decoded |
 * | `gpp_section_missing` | lacks a section that applies |
 * | `gpp_section_unknown` | has one that applies and that nothing here can read |
 * | `gpp_section_version` | has one that applies in a version that nothing here can read |
 */
import type { TcfPolicy } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { fingerprint } from "./evidence.ts";
import { readCanada } from "./gpp-canada.ts";
import { gppSections } from "./gpp-header.ts";
import { MALFORMED, type SectionReading } from "./gpp-section.ts";
import { US_SECTIONS } from "./gpp-sections.ts";
import { readUs, readUsPrivacy } from "./gpp-us.ts";
import { invalidString, MAX_STRING_CHARS } from "./invalid-string.ts";
import type { Says, Signal } from "./signal.ts";
import { readTcf } from "./tcf.ts";

const TCF_EU = 2;
const TCF_CANADA = 5;
/** The old section, whose fields are letters. */
const USPV1 = 6;

const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  [TCF_EU, "tcfeuv2"],
  [TCF_CANADA, "tcfcav1"],
  [USPV1, "uspv1"],
]);

const nameOf = (id: number): string | undefined => OTHER_NAMES.get(id) ?? US_SECTIONS.get(id)?.NAME;

/** The header itself, and a signature of the string: neither says anything about consent. */
const ABOUT_THE_STRING: ReadonlySet<number> = new Set([3, 4]);

/**
 * Never throws.
 * @param sectionIds those that apply, as `gpp_sid` has them: 0 and -1 are none; left out or empty: all in the string
 */
export function readGpp(text: string, sectionIds: readonly number[] | undefined, policy: TcfPolicy): Signal {
  if (text.length > MAX_STRING_CHARS) return invalidString("gpp", text, "too_long");
  const sections = gppSections(text);
  if (!sections) return invalidString("gpp", text, "malformed");
  const named = sectionIds?.length ? sectionIds.filter((id) => id !== 0 && id !== -1) : undefined;
  const ids = [...new Set(named ?? sections.keys())].filter((id) => !ABOUT_THE_STRING.has(id));
  const name = ids.flatMap((id) => nameOf(id) ?? []).join();

  const says: Says = {};
  let givenAt = 0;
  let expiresAt: number | undefined;
  for (const id of ids) {
    const section = sections.get(id);
    const read = section === undefined ? MISSING : readSection(id, section, policy);
    if ("invalid" in read) return invalidString("gpp", text, read.invalid, { name, givenAt });
    for (const purpose of PURPOSES)
      if (says[purpose] !== "denied" && read.says[purpose]) says[purpose] = read.says[purpose];
    givenAt = Math.max(givenAt, read.givenAt);
    if (read.expiresAt !== undefined) expiresAt = Math.min(read.expiresAt, expiresAt ?? read.expiresAt);
  }
  return {
    kind: "gpp",
    name,
    says,
    givenAt,
    ...(expiresAt !== undefined && { expiresAt }),
    evidence: fingerprint(text),
  };
}

const MISSING: SectionReading = { invalid: "gpp_section_missing" };

function readSection(id: number, text: string, policy: TcfPolicy): SectionReading {
  if (id === TCF_EU) {
    const { invalid, says, givenAt, expiresAt } = readTcf(text, policy);
    if (invalid !== undefined) return { invalid };
    return { says, givenAt, ...(expiresAt !== undefined && { expiresAt }) };
  }
  if (id === TCF_CANADA) return readCanada(text, policy);
  if (id === USPV1) return readUsPrivacy(text);
  const Section = US_SECTIONS.get(id);
  if (!Section) return { invalid: "gpp_section_unknown" };
  try {
    return readUs(id, text, (encoded) => new Section(encoded));
  } catch {
    return MALFORMED;
  }
}
