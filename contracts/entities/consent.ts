/** One decision of the ledger, in the form in which it is shown and exported. */
import * as z from "zod";
import { technical } from "../fields.ts";
import { CONSENT_TYPES, PURPOSES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const consent = {
  name: "consent",
  version: "1.0.0",
  description: "What a person has consented to, and what says so.",
  fields: z.object({
    /** Of the decision in the ledger; events carry it. */
    receipt: technical(z.string().min(1).max(128)),
    /** The policy's regime that held. */
    regime: technical(z.string().min(1).max(64)),
    type: technical(z.enum(CONSENT_TYPES)),
    granted: technical(z.array(z.enum(PURPOSES)).max(PURPOSES.length)),
    given_at: technical(z.iso.datetime({ offset: true })).optional(),
    expires_at: technical(z.iso.datetime({ offset: true })).optional(),
  }),
  examples: [
    {
      title: "Measurement only",
      value: {
        receipt: "5f0c8f1e-7d7b-4f57-9a53-2f6f8f0c1d2e",
        regime: "gdpr",
        type: "explicit",
        granted: ["analytics"],
        given_at: "2026-11-22T10:00:00.000Z",
        expires_at: "2027-11-22T10:00:00.000Z",
      },
    },
    {
      title: "Nobody has decided",
      value: { receipt: "default:gdpr", regime: "gdpr", type: "default", granted: [] },
    },
  ],
} satisfies EntityContract;
