/**
 * What a preview link says, sealed: AES-256-GCM under a key of its own, bound to the deployment, so that the link shows
 * nothing of whom or what it previews, opens nowhere else, and cannot be made by anybody but the operator's API
 * (src/console/previews.ts). The same text is the value of the cookie (cookie.ts). docs/previews.md.
 */
import type { DeviceType } from "#contracts/taxonomy";
import type { Keyring } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";

/** What is decided by: the release that holds, the one on trial, a version, or a draft as it is when it is looked at. */
export type PreviewRelease = "stable" | "candidate" | number | { draft: string };

/** What a preview is of. What is absent is as for any visitor. */
export interface PreviewTerms {
  /** Names the link in the audit log. */
  id: string;
  /** Epoch ms. */
  expiresAt: number;
  release: PreviewRelease;
  /** The visitor is in these segments and in no others; absent with a profile, whose own hold. */
  segments: readonly string[];
  /** Identifier keys of one person, the current one first: their rows say what is known. */
  profile?: readonly string[] | undefined;
  /** Epoch ms: the time at which it is decided; absent: now. */
  at?: number | undefined;
  country?: string | undefined;
  device?: DeviceType | undefined;
  /** BCP 47 tag of the language that content is shown in. */
  locale?: string | undefined;
  /** Drafts of the CMS's content are shown, where there are any. */
  drafts: boolean;
  /** Holdouts hold; otherwise nobody is held out. */
  holdouts: boolean;
  /** Where the link leads: a path of the site, or an address of a site of which the Worker is not in front. */
  to: string;
}

/** A preview as a request is part of it. */
export interface Preview extends PreviewTerms {
  /** What its bar says besides: that a draft is gone, or that the person has not granted to be shown anything personal. */
  notes: string[];
}

/** Positions, so that the link stays short. */
type Packed = [
  form: 1,
  id: string,
  expiresAt: number,
  release: 0 | 1 | number | string,
  segments: readonly string[],
  profile: readonly string[] | 0,
  at: number | 0,
  country: string,
  device: DeviceType | "",
  locale: string,
  flags: number,
  to: string,
];

const PLACE: Place = ["preview", "link"];
/** A link longer than this is none of ours. */
export const MAX_TOKEN_CHARS = 3_000;
const DRAFTS = 1;
const HOLDOUTS = 2;
/** Versions are numbers from 1: these two are none. */
const STABLE = 0;
const CANDIDATE = -1;

/** The sealed text: letters, digits, `-`, `_` and a dot, as it may stand in addresses and cookies. */
export function packPreview({ preview }: Keyring, terms: PreviewTerms): Promise<string> {
  const { release } = terms;
  const packed: Packed = [
    1,
    terms.id,
    terms.expiresAt,
    release === "stable" ? STABLE : release === "candidate" ? CANDIDATE : nameOf(release),
    terms.segments,
    terms.profile ?? 0,
    terms.at ?? 0,
    terms.country ?? "",
    terms.device ?? "",
    terms.locale ?? "",
    (terms.drafts ? DRAFTS : 0) | (terms.holdouts ? HOLDOUTS : 0),
    terms.to,
  ];
  return seal(preview, JSON.stringify(packed), PLACE);
}

const nameOf = (release: number | { draft: string }): number | string =>
  typeof release === "number" ? release : release.draft;

export type OpenedPreview =
  | { ok: true; terms: PreviewTerms }
  /** `forged`: it was not made here, or was changed. */
  | { ok: false; why: "forged" | "expired" };

/** Open a sealed text. @param now epoch ms */
export async function openPreview({ preview }: Keyring, token: string, now: number): Promise<OpenedPreview> {
  const text = token.length > MAX_TOKEN_CHARS ? undefined : await open(preview, token, PLACE);
  if (text === undefined) return { ok: false, why: "forged" };
  // What opens was sealed by packPreview, if not by that of another version of this file.
  const packed = JSON.parse(text) as Packed | [form: unknown];
  if (packed[0] !== 1) return { ok: false, why: "forged" };
  const [, id, expiresAt, release, segments, profile, at, country, device, locale, flags, to] =
    packed as Packed;
  if (now >= expiresAt) return { ok: false, why: "expired" };
  const terms: PreviewTerms = {
    id,
    expiresAt,
    release: releaseOf(release),
    segments,
    drafts: (flags & DRAFTS) !== 0,
    holdouts: (flags & HOLDOUTS) !== 0,
    to,
  };
  if (profile !== 0) terms.profile = profile;
  if (at !== 0) terms.at = at;
  if (country !== "") terms.country = country;
  if (device !== "") terms.device = device;
  if (locale !== "") terms.locale = locale;
  return { ok: true, terms };
}

function releaseOf(packed: number | string): PreviewRelease {
  if (typeof packed === "string") return { draft: packed };
  return packed === STABLE ? "stable" : packed === CANDIDATE ? "candidate" : packed;
}
