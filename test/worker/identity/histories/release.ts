/** The releases of the histories: the defaults, and limits so small that few events reach them. */
import { releaseSchema } from "#contracts/definitions/release";

const shared = {
  policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
  features: {
    bought: { event: "purchase", agg: "count", window: "30d" },
    last_value: { event: "purchase", agg: "last", field: "value", window: "lifetime" },
    values: { event: "purchase", agg: "distinct", field: "value", window: "lifetime" },
  },
  segments: { buyer: { when: { bought: { $gte: 2 } }, purpose: "personalization" } },
};

export const RELEASES = [
  releaseSchema.parse({
    ...shared,
    identity: {
      match: { name: { traits: ["first_name"], action: "merge" }, guess: { traits: ["last_name"] } },
    },
  }),
  releaseSchema.parse({
    ...shared,
    identity: {
      namespaces: {
        email: { maxPerProfile: 1 },
        "person-card": { unique: true },
      },
      maxMembers: 5,
      traits: { company: { prefer: ["source", "newest"], sources: ["crm", "shop"] } },
      match: { name: { traits: ["first_name"], action: "merge" } },
    },
  }),
  releaseSchema.parse({
    ...shared,
    identity: {
      namespaces: { customer_id: { maxPartners: 1 } },
    },
  }),
] as const;
