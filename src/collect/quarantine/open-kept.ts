/**
 * A kept event as it is read again: its shape, which kept.ts writes, and how its seal is opened. Apart from that, so that
 * the door does not bring the schema along. Called by whoever shows, repairs or lets back in what is in quarantine.
 */
import * as z from "zod";
import { consentDecisionSchema, identifierSchema } from "#contracts/messages/event_envelope";
import { openIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { placeOf } from "./kept.ts";

const keptSchema = z.object({
  v: z.literal(1),
  name: z.string(),
  version: z.string().optional(),
  /** Epoch ms by the sender's clock; null: it was no time. */
  occurredAt: z.number().nullable(),
  /** The sender's clock at sending. */
  sentAt: z.number().optional(),
  /** It came with a secret key, as an event of any age. */
  historical: z.boolean().optional(),
  protocol: z.string(),
  code: z.string(),
  /** Paths of its issues, indexes of lists as `*`. */
  paths: z.array(z.string()),
  consent: consentDecisionSchema,
  proof: z.enum(["source", "claim"]),
  identifiers: z.array(identifierSchema),
  properties: z.unknown().optional(),
  context: z.unknown().optional(),
  traits: z.record(z.string(), z.unknown()).optional(),
  /** What the door added to the context: device, place, session, campaign. */
  server: z.record(z.string(), z.unknown()),
  /** Paths of fields that consent did not allow to keep. */
  left: z.array(z.string()),
});
export type KeptEvent = z.infer<typeof keptSchema>;

/** A kept event; undefined where the seal does not open, or something else lies within. */
export async function openKept(keys: Keyring, id: string, sealed: string): Promise<KeptEvent | undefined> {
  const text = await openIngress(keys.ingress, sealed, placeOf(id));
  return text === undefined ? undefined : keptSchema.safeParse(JSON.parse(text)).data;
}
