/**
 * Which of two releases a visitor gets during a canary. Pure; called by src/door/context.ts for each request, and the same
 * for everybody who asks: the place is a hash of the visitor's id and of the candidate's version.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { bucketOf } from "#core/fnv";
import type { ActiveRelease } from "./active.ts";

/**
 * The candidate for those within its share, the stable release for all others, and for who has no id. Who is within a
 * share is within every larger one.
 */
export function pickRelease(active: ActiveRelease, visitor: string | undefined): ActiveRelease {
  const { candidate } = active;
  if (!candidate || visitor === undefined) return active;
  return bucketOf(`canary-${candidate.version}-`, visitor) < candidate.share ? candidate : active;
}

/** The documents that some visitor's pages are decided by: facts and snapshots are kept for all of them. */
export const documentsOf = ({
  document,
  candidate,
}: ActiveRelease): readonly [ReleaseDocument, ...ReleaseDocument[]] =>
  candidate ? [document, candidate.document] : [document];

/**
 * What a candidate decides by. What is about no single page stays the stable release's until it is promoted: whether
 * somebody may be tracked, who is who, and what goes to whom are no matter of chance.
 */
export function candidateDocument(own: ReleaseDocument, stable: ReleaseDocument): ReleaseDocument {
  const { policy, identity, destinations, repairs, catalogue, ...rest } = own;
  return {
    ...rest,
    policy: stable.policy,
    destinations: stable.destinations,
    repairs: stable.repairs,
    ...(stable.identity && { identity: stable.identity }),
    ...(stable.catalogue && { catalogue: stable.catalogue }),
  };
}
