/** What is refused of segments and stages that ask for one another. */
import { expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { profileTypes } from "#release/attribute-types";
import { segmentIssues } from "#release/segment-issues";

const issues = (given: Pick<ReleaseInput, "segments" | "profile" | "lists">) => {
  const document = releaseSchema.parse({
    ...given,
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  });
  return segmentIssues(document, profileTypes(document)).map(({ path, message }) => `${path}: ${message}`);
};
const asks = (...names: string[]) => ({ segments: { $in: names } });
const staged = (purpose: "personalization" | "marketing", when: Record<string, unknown>) => ({
  purpose,
  stages: { customer: when },
});

it.each([
  ["a segment that is not there", staged("personalization", asks("gone")), 'there is no segment "gone"'],
  [
    "a list that is not there",
    staged("personalization", { lists: { $in: ["gone"] } }),
    'there is no list "gone"',
  ],
  [
    "a segment of another purpose",
    staged("marketing", asks("one")),
    'the segment "one" serves personalization, and this one marketing',
  ],
])("a stage may not ask for %s", (_, profile, message) =>
  expect(issues({ profile, segments: { one: { when: { identity_state: "anonymous" } } } })).toEqual([
    `profile.stages.customer: ${message}`,
  ]),
);

it("a segment may not ask for itself, nor through the lifecycle stage", () => {
  const one = { when: { $or: [{ lifecycle_stage: "customer" }, { identity_state: "anonymous" }] } };
  expect(
    issues({ segments: { one }, profile: staged("personalization", { identity_state: "anonymous" }) }),
  ).toEqual([]);
  expect(issues({ segments: { one }, profile: staged("personalization", asks("one")) })).toEqual([
    "segments.one.when: asks about itself: one → the lifecycle stage → one",
  ]);
  expect(issues({ profile: staged("personalization", { $not: { lifecycle_stage: "lead" } }) })).toEqual([
    "profile.stages: asks about itself: the lifecycle stage → the lifecycle stage",
  ]);
  expect(issues({ segments: { one: { when: asks("two") }, two: { when: asks("one") } } })).toEqual([
    "segments.one.when: asks about itself: one → two → one",
  ]);
});
