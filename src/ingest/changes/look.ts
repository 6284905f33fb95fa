/**
 * What is watched of a profile, as it is now, and how it differs from what a destination was told. Called by mark.ts with
 * what a batch has just written, and by tell.ts with what the rows say when the time has come: both look the same way.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE } from "#contracts/messages/profile_change";
import type { Purpose } from "#contracts/taxonomy";
import { attributes } from "#forward/route";
import { traitRules } from "#identity/golden/choose";
import { goldenTraits } from "#identity/golden/record";
import type { SubjectKeys } from "#identity/golden/subject-keys";
import type { Keyring } from "#privacy/keys";
import { steadyHash } from "#privacy/lookup";
import { scoreOf, stageOf } from "#segments/lifecycle";
import type { ProfileNow } from "../profiles.ts";
import { type Known, surelyGranted, vendorKey } from "./person.ts";
import { type Difference, differenceOf, type StateNow } from "./state.ts";
import type { Watch } from "./watch.ts";

export interface LookDeps {
  document: ReleaseDocument;
  keys: Keyring;
  subjects: SubjectKeys;
}

/** Looks at one profile for several destinations; its golden record is opened at most once. */
export interface Look {
  profile: ProfileNow;
  granted: readonly Purpose[];
  /** Undefined: there is nothing to tell, or the destination's condition does not hold. */
  differs(watch: Watch, known: Known): Promise<Difference | undefined>;
  /** What of the golden record goes along; undefined: nothing. */
  carried(watch: Watch): Promise<Traits | undefined>;
}

export function lookAt(profile: ProfileNow, { document, keys, subjects }: LookDeps): Look {
  const granted = surelyGranted(profile.members);
  const verified = profile.state === "authenticated";
  let golden: Traits | undefined;
  const traitsFor = async ({ carried }: Watch): Promise<Traits> => {
    if (carried.length === 0) return {};
    golden ??= await goldenTraits(profile.members, keys, subjects, {
      rules: traitRules(document),
      provenOnly: verified,
      granted,
    });
    const held = golden;
    return Object.fromEntries(
      carried.flatMap((name) => (held[name] === undefined ? [] : [[name, held[name]]])),
    );
  };
  return {
    profile,
    granted,
    async differs(watch, { told, reached }) {
      if (watch.plan.when && !watch.plan.when(attributes(seenBy(watch, profile)))) return undefined;
      const hashes = Object.entries(await traitsFor(watch)).map(
        async ([name, value]) =>
          [name, await steadyHash(keys, "told", JSON.stringify([watch.key, name, value]))] as const,
      );
      const now: StateNow = {
        profile: vendorKey(profile, told.profile),
        verified,
        segments: segmentsFor(profile, watch.segments),
        stage: stageOf(document, profile.features, profile.state, listsForStage(document, profile)),
        score: scoreOf(document, profile.features),
        traits: Object.fromEntries(await Promise.all(hashes)),
      };
      return differenceOf(told, now, watch, reached);
    },
    async carried(watch) {
      const traits = await traitsFor(watch);
      return Object.keys(traits).length > 0 ? traits : undefined;
    },
  };
}

const listsForStage = ({ profile: rules }: ReleaseDocument, { lists }: ProfileNow): readonly string[] =>
  rules ? lists[rules.purpose] : [];

const segmentsFor = ({ segments }: ProfileNow, wanted: ReadonlySet<string>): string[] =>
  Object.values(segments)
    .flat()
    .filter((name) => wanted.has(name))
    .sort();

/** What a destination sees of the profile besides the change, as with an event. A change has no context. */
export const seenBy = (
  { plan, purposes }: Watch,
  profile: ProfileNow,
): Pick<
  DeliveryEvent,
  "name" | "context" | "source" | "identityState" | "segments" | "features" | "properties"
> => ({
  name: PROFILE_CHANGE,
  context: {},
  properties: {},
  source: SOURCE,
  identityState: profile.state,
  segments: segmentsFor(profile, plan.segments),
  features: Object.fromEntries(
    purposes.flatMap((purpose) =>
      Object.entries(profile.features[purpose]).filter(([key]) => plan.features.has(key)),
    ),
  ),
});

/** A change is nobody's event: it comes from here. */
const SOURCE = "doorstep";
