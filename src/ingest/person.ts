/**
 * A proven person's own fields for the edge snapshots of their browsers: of the golden record what templates of the release
 * name and consent covers, sealed for each browser. Called by ingest.ts before publish.ts makes the snapshots.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { traitRules } from "#identity/golden/choose";
import { goldenTraits } from "#identity/golden/record";
import type { SubjectKeys } from "#identity/golden/subject-keys";
import { isBrowser, isProvenPerson } from "#identity/graph";
import { grantedNow } from "#identity/state";
import type { Keyring } from "#privacy/keys";
import { personFieldsOf, sealPerson, unsealPerson } from "#slots/person";
import type { Person } from "#slots/person-fields";
import type { ProfileNow } from "./profiles.ts";

/** Visitor → sealed fields; who is not in it has none. */
export type SealedPersons = ReadonlyMap<string, string>;

const NOBODY: SealedPersons = new Map();
/** Of one person a session names as many keys as there are versions of the look-up key. */
const MAX_KEYS = 16;

/** @param documents of the releases that are in use */
export async function sealedPersons(
  profile: Pick<ProfileNow, "members" | "state">,
  documents: readonly ReleaseDocument[],
  { keys, subjects }: { keys: Keyring; subjects: SubjectKeys },
): Promise<SealedPersons> {
  const wanted = [...new Set(documents.flatMap(personFieldsOf))];
  if (wanted.length === 0 || profile.state !== "authenticated") return NOBODY;
  const { members } = profile;
  const granted = grantedNow(members);
  const [document] = documents;
  if (!document || !granted.includes("personalization")) return NOBODY;
  const options = { rules: traitRules(document), provenOnly: true, granted };
  const traits = await goldenTraits(members, keys, subjects, options);
  const fields: Person = {};
  for (const field of wanted) if (traits[field]) fields[field] = traits[field];
  if (Object.keys(fields).length === 0) return NOBODY;
  const whose = members
    .map(({ key }) => key)
    .filter(isProvenPerson)
    .sort()
    .slice(0, MAX_KEYS);
  const plain = JSON.stringify([fields, whose]);
  const sealed = new Map<string, string>();
  for (const row of members) {
    if (!isBrowser(row.key)) continue;
    const known = row.snapshot?.person;
    const before = typeof known === "string" ? await unsealPerson(keys.session, row.key, known) : undefined;
    // Sealed anew it would be another text, and another snapshot to write.
    const isSame = before && JSON.stringify([before.fields, before.whose]) === plain;
    sealed.set(row.key, isSame ? String(known) : await sealPerson(keys.session, row.key, fields, whose));
  }
  return sealed;
}
