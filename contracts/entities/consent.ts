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
    /** Purposes that it does not speak of: the regime's default holds. All others that are not granted are denied. */
    unsaid: technical(z.array(z.enum(PURPOSES)).max(PURPOSES.length)).optional(),
    /** What said so: `choice`, `server:<source>`, `tcf`, `gpp`, `banner:onetrust`, `gpc` …, joined by `+`. */
    source: technical(z.string().min(1).max(256)).optional(),
    /** What proves it: the fingerprint of a string, or a banner's version. */
    evidence: technical(z.string().max(512)).optional(),
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
        source: "choice",
        evidence: "banner:v12",
        given_at: "2026-11-22T10:00:00.000Z",
        expires_at: "2027-11-22T10:00:00.000Z",
      },
    },
    {
      title: "An objection to sale, which says nothing of the rest",
      value: {
        receipt: "gpp:sha256:61b5343e6be7ff0e87d0540fda900de5",
        regime: "us",
        type: "signal",
        granted: [],
        unsaid: ["analytics", "personalization"],
        source: "gpp:usca",
        evidence: "sha256:61b5343e6be7ff0e87d0540fda900de5",
        given_at: "2026-11-22T10:00:00.000Z",
      },
    },
    {
      title: "Nobody has decided",
      value: { receipt: "default:gdpr", regime: "gdpr", type: "default", granted: [] },
    },
  ],
} satisfies EntityContract;
