/** Shapes of an audit log as it is exported: of the API's answers and of the files that are kept of them. */
import * as z from "zod";
import type { AuditEntry } from "../../src/privacy/audit/chain.ts";
import { checkpointSchema } from "../../src/privacy/audit/checkpoint.ts";
import type { PublicJwk } from "../../src/privacy/audit/signer.ts";

export const auditEntrySchema = z.strictObject({
  seq: z.int().meta({ description: "From 1, without a gap." }),
  at: z.number().meta({ description: "Epoch ms." }),
  actor: z.strictObject({ id: z.string(), name: z.string(), role: z.string() }),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  prev: z.string().meta({ description: "Hash of the entry before; of the first 64 zeros." }),
  hash: z.string().meta({ description: "SHA-256, hex; docs/audit.md says of what." }),
}) satisfies z.ZodType<AuditEntry>;

export const publicJwkSchema = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 bytes, base64url"),
  kid: z.string(),
}) satisfies z.ZodType<PublicJwk>;

const next = z
  .int()
  .nullable()
  .meta({ description: "Where the next page begins: the parameter of this one. Null: there is no more." });

export const auditEntriesSchema = z.object({ entries: z.array(auditEntrySchema), next });

export const auditCheckpointsSchema = z.object({
  // A damaged one has the number of its name, which may be anything.
  checkpoints: z.array(checkpointSchema.extend({ seq: z.int().min(0) })),
  next,
  public_key: publicJwkSchema.meta({ description: "The current one; RFC 8037." }),
  public_keys: z
    .array(publicJwkSchema)
    .min(1)
    .meta({ description: "Of every version; `kid` is the version." }),
});
