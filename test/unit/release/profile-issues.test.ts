/** What publishing says of a release's stages, score, and of the changes that destinations ask for. */
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { checkDestination } from "#forward/check";
import { profileIssues } from "#release/profile-issues";

const pathsOf = (more: Partial<ReleaseInput>) => {
  const document = releaseSchema.parse({
    features: { leads: { event: "form_submit", agg: "count" } },
    segments: {
      seen: { when: { leads: 1 }, purpose: "analytics" },
      interested: { when: { leads: 1 }, purpose: "marketing" },
    },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    ...more,
  });
  return profileIssues(
    document,
    new Map([
      ["leads", "number"],
      ["identity_state", "string"],
    ] as const),
  ).map(({ path }) => path);
};
const destination = (changes: object, purposes = ["marketing"], type = "webhook") =>
  ({ destinations: { crm: { type, queue: "crm", purposes, changes } } }) as Pick<
    ReleaseInput,
    "destinations"
  >;
const profile: ReleaseInput["profile"] = {
  stages: { lead: { leads: { $gte: 1 } } },
  score: { points: { leads: 10 } },
};

describe("a release's profile", () => {
  it("is right where its stages and points name what there is", () => {
    const changes = { segments: ["interested"], stage: true, score: true, traits: ["email"] };
    expect(pathsOf({ profile, ...destination(changes) })).toEqual([]);
    expect(pathsOf({ profile, ...destination({ segments: "all" }) })).toEqual([]);
  });

  it.each([
    [
      "a stage asks about nothing that is known",
      { profile: { stages: { lead: { visits: 1 } } } },
      "profile.stages.lead.visits",
    ],
    [
      "points are for no feature",
      { profile: { score: { points: { visits: 1 } } } },
      "profile.score.points.visits",
    ],
    ["a segment is not there", destination({ segments: ["nobody"] }), "destinations.crm.changes.segments.0"],
    [
      "a segment serves another purpose",
      destination({ segments: ["seen"] }),
      "destinations.crm.changes.segments.0",
    ],
    ["there are no stages", destination({ stage: true }), "destinations.crm.changes.stage"],
    [
      "there is no score",
      { profile: { stages: {} }, ...destination({ score: true }) },
      "destinations.crm.changes.score",
    ],
    [
      "the stage serves another purpose",
      { profile, ...destination({ stage: true }, ["analytics"]) },
      "destinations.crm.changes.stage",
    ],
    [
      "traits are for a destination without marketing",
      destination({ traits: ["email"] }, ["analytics"]),
      "destinations.crm.changes.traits",
    ],
    ["nothing is watched", destination({}), "destinations.crm.changes"],
  ] satisfies [string, Partial<ReleaseInput>, string][])("is refused where %s", (_why, more, path) => {
    expect(pathsOf(more)).toEqual([path]);
  });

  it("is refused where the destination's type takes no changes", () => {
    const { destinations } = releaseSchema.parse({
      ...destination({ traits: ["email"] }, ["analytics"], "ga4"),
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    });
    const ga4 = destinations.crm;
    const paths = ga4 && checkDestination("crm", ga4, () => "secret").map((issue) => issue.path);
    expect(paths).toEqual(
      expect.arrayContaining(["destinations.crm.changes", "destinations.crm.changes.traits"]),
    );
  });
});
