/**
 * The proof of an erasure: what was done where, signed with the key of the audit log, and without a word of whom. It is
 * kept in R2 for good. The digest shows later, to somebody who has the identifiers, that they were these; to others it
 * says nothing, since identifiers are keyed hashes.
 */
import { type ErasureProof, erasureProofSchema } from "#contracts/messages/subject_request";
import type { AuditSigner, PublicJwk } from "#privacy/audit/signer";
import { emptied, openRequest } from "./payload.ts";
import { withoutNotes } from "./request.ts";
import type { Step } from "./step.ts";

/** As it is kept. The signature is over `erasure-proof:` and the text of the proof, byte by byte. */
export interface SignedProof {
  /** JSON of an ErasureProof. */
  proof: string;
  /** Of the master secret that the key was derived from. */
  key_version: string;
  /** Ed25519, hex. */
  signature: string;
}

export const proofName = (id: string): string => `erasures/proofs/${id}.json`;
const signedText = (proof: string): string => `erasure-proof:${proof}`;
const encoder = new TextEncoder();

/** SHA-256 of the sorted keys, one a line; hex. */
export async function digestOf(subjects: readonly string[]): Promise<string> {
  const text = [...subjects].sort().join("\n");
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))).toHex();
}

/** Write the proof, and let go of whom the request was about. Repeated, it is the same proof. */
export const prove: Step = async ({ db, bucket, keys, signer, tenant, clock }, request) => {
  const opened = await openRequest(db, keys, request);
  if (opened?.payload.erasure === undefined) return { status: "failed", detail: "request_unreadable" };
  const completedAt = clock();
  const proof: ErasureProof = {
    v: 1,
    tenant,
    subject_request_id: request.id,
    regulation: request.regulation,
    received_time: new Date(request.receivedAt).toISOString(),
    completed_time: new Date(completedAt).toISOString(),
    erasure: opened.payload.erasure,
    suppressed: { count: request.subjects.length, digest: await digestOf(request.subjects) },
    steps: withoutNotes(request.steps).filter(({ step }) => !step.startsWith("callback:")),
  };
  const text = JSON.stringify(proof);
  const { version, signature } = await signer.sign(signedText(text));
  const signed: SignedProof = { proof: text, key_version: version, signature };
  // One that is there already was written before a crash, and is the one that somebody may hold.
  await bucket.put(proofName(request.id), JSON.stringify(signed), { onlyIf: { etagDoesNotMatch: "*" } });
  return {
    status: "confirmed",
    // Whom vendors knew, and what was asked about, goes at once; where to say that it is done stays until that is said.
    changes: async (now) => ({
      status: "completed",
      completedAt,
      subjects: [],
      steps: withoutNotes(now.steps),
      ...(await emptied({ db, keys }, now)),
    }),
  };
};

/** The proof of an erasure as it is kept, with the public key that it verifies under; undefined where there is none. */
export async function readProof(
  bucket: R2Bucket,
  signer: AuditSigner,
  id: string,
): Promise<(SignedProof & { verified: boolean; public_key: PublicJwk | null }) | undefined> {
  const object = await bucket.get(proofName(id));
  if (!object) return undefined;
  const signed = await object.json<SignedProof>(); // written by `prove`
  erasureProofSchema.parse(JSON.parse(signed.proof));
  const { key_version, signature, proof } = signed;
  const keys = await signer.publicKeys();
  return {
    ...signed,
    verified: await signer.verify(signedText(proof), key_version, signature),
    public_key: keys.find(({ version }) => version === key_version)?.jwk ?? null,
  };
}
