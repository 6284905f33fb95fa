/** The release of the interleavings: two regimes, and a destination for each purpose and one for two. */
import { releaseSchema } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** What each destination needs, by its key, which is also the beginning of its host. */
export const NEEDS: Record<string, Purpose[]> = {
  ads: ["marketing"],
  stats: ["analytics"],
  both: ["marketing", "personalization"],
};

export const RELEASE = releaseSchema.parse({
  policy: {
    regimes: {
      gdpr: { countries: ["SK"], default: "denied" },
      us: { countries: ["US"], default: "granted" },
    },
    otherwise: "gdpr",
  },
  destinations: Object.fromEntries(
    Object.entries(NEEDS).map(([key, purposes]) => [
      key,
      {
        type: "webhook",
        queue: "crm",
        purposes,
        settings: { url: `https://${key}.example.com/in`, secret: { $secret: "HOOK" } },
      },
    ]),
  ),
});

export const POLICY = RELEASE.policy;
