/**
 * The release that decides now: from this isolate's memory, read again from KV every 30 s. Before anything was
 * published, the empty release holds: it denies everything and fills no slot.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { logError } from "#core/log";
import type { Pointer } from "./moves.ts";
import { candidateDocument } from "./pick.ts";
import { readDocument, readPointer, releaseOf } from "./store.ts";

/** A release in memory. A document is the same object as long as its version is, so it may key a WeakMap. */
export interface ActiveRelease {
  /** 0: nothing was published yet. */
  version: number;
  document: ReleaseDocument;
  /** A share of visitors gets this instead: pick.ts. */
  candidate?: Candidate | undefined;
}

export interface Candidate {
  version: number;
  /** As visitors get it: `candidateDocument`. */
  document: ReleaseDocument;
  /** 0 to 1. */
  share: number;
}

const REFRESH_MS = 30_000;
/** Where KV does not answer, what is in memory holds on, and this long later it is asked again. */
const AGAIN_MS = 5_000;

let empty: ActiveRelease | undefined;

/** What holds before anything was published. */
export async function emptyRelease(): Promise<ActiveRelease> {
  if (empty) return empty;
  const policy = { regimes: { strict: { default: "denied" } }, otherwise: "strict" };
  const document = await releaseOf({ policy });
  empty ??= { version: 0, document };
  return empty;
}

/** KV's copies are as old as this at most, and what is read of them is held for a while. */
const OUTDATED_MS = 120_000;

interface Held {
  release: ActiveRelease;
  /** Number of the move that it is of, and since when this isolate knows of that (epoch ms). */
  revision: number;
  since: number;
  /** By version, as they were published. */
  documents: ReadonlyMap<number, ReleaseDocument>;
  readAt: number;
}
const held = new WeakMap<KVNamespace, Held>();

/** The release that this isolate has in memory, if it may still be believed. */
export function heldRelease(kv: KVNamespace, now: number): ActiveRelease | undefined {
  const known = held.get(kv);
  return known && now - known.readAt < REFRESH_MS ? known.release : undefined;
}

/** The release that holds now. Throws only where KV fails and nothing is in memory. */
export async function activeRelease(kv: KVNamespace, now: number): Promise<ActiveRelease> {
  const recent = heldRelease(kv, now);
  if (recent) return recent;
  try {
    const pointer = await readPointer(kv);
    if (pointer) return await holdPointer(kv, pointer, (version) => readDocument(kv, version), now);
    const nothing = await emptyRelease();
    // Something may have been published while it was loaded.
    const meanwhile = heldRelease(kv, now);
    if (meanwhile) return meanwhile;
    holdRelease(kv, nothing, now);
    return nothing;
  } catch (error) {
    const known = held.get(kv);
    if (!known) throw error;
    logError("the release cannot be read; the one in memory holds", error);
    held.set(kv, { ...known, readAt: now - REFRESH_MS + AGAIN_MS });
    return known.release;
  }
}

/** Put a release into this isolate's memory, so that it holds here at once. */
export function holdRelease(kv: KVNamespace, release: ActiveRelease, now: number): void {
  const documents = new Map([[release.version, release.document]]);
  held.set(kv, { release, revision: 0, since: now, documents, readAt: now });
}

/**
 * Put what a pointer names into this isolate's memory. Documents that are in it already stay the same objects. A pointer of
 * before the one that is in memory is a copy that KV still had: whoever was shown the later one is not shown that again.
 * @param read one that is not
 */
export async function holdPointer(
  kv: KVNamespace,
  pointer: Pointer,
  read: (version: number) => Promise<ReleaseDocument>,
  now: number,
): Promise<ActiveRelease> {
  const known = held.get(kv);
  const isEarlier = known && pointer.revision < known.revision && now - known.since < OUTDATED_MS;
  if (known && (isEarlier || isOf(known.release, pointer))) {
    const isLater = pointer.revision > known.revision;
    held.set(kv, { ...known, ...(isLater && { revision: pointer.revision, since: now }), readAt: now });
    return known.release;
  }
  const documents = new Map<number, ReleaseDocument>();
  const documentOf = async (version: number): Promise<ReleaseDocument> => {
    const document = known?.documents.get(version) ?? (await read(version));
    documents.set(version, document);
    return document;
  };
  const stable = pointer.stable === 0 ? (await emptyRelease()).document : await documentOf(pointer.stable);
  let candidate: Candidate | undefined;
  if (pointer.candidate !== undefined) {
    const own = await documentOf(pointer.candidate);
    const isSame =
      known?.release.version === pointer.stable && known.release.candidate?.version === pointer.candidate;
    const document = (isSame && known.release.candidate?.document) || candidateDocument(own, stable);
    candidate = { version: pointer.candidate, document, share: pointer.share };
  }
  const release: ActiveRelease = {
    version: pointer.stable,
    document: stable,
    ...(candidate && { candidate }),
  };
  // While documents were read, somebody may have put a later one there.
  const meanwhile = held.get(kv);
  if (meanwhile && meanwhile !== known && meanwhile.revision > pointer.revision) return meanwhile.release;
  held.set(kv, { release, revision: pointer.revision, since: now, documents, readAt: now });
  return release;
}

const isOf = ({ version, candidate }: ActiveRelease, { stable, candidate: other, share }: Pointer): boolean =>
  version === stable && candidate?.version === other && (candidate?.share ?? 0) === share;
