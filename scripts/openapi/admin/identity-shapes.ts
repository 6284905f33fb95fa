/** Shapes that previews of changes and the queue of conflicts share: src/console/identity/view.ts. */
import * as z from "zod";
import { IDENTITY_STATES } from "../../../contracts/taxonomy.ts";
import type { ProfileShown } from "../../../src/console/identity/view.ts";
import { LINK_STRENGTH, type LinkKind } from "../../../src/identity/graph.ts";
import type { ProblemCodes } from "../problems.ts";

export const keySchema = z.string().meta({
  description:
    "Key of an identifier: its namespace and a keyed hash of its value. With `|`, facts of a device under a claim.",
});

export const linkKindSchema = z
  // The keys of the table are its kinds.
  .enum(Object.keys(LINK_STRENGTH) as LinkKind[])
  .meta({ description: "The strongest first; docs/identity.md says what each is." });

export const linkStateSchema = z.enum(["live", "pending", "revoked"]);

export const rootsSchema = z.array(keySchema).meta({ description: "Roots of profiles: their first keys." });

export const profileShownSchema = z.object({
  root: keySchema,
  members: z.array(keySchema),
  state: z.enum(IDENTITY_STATES),
  segments: z.array(z.string()),
  traits: z.record(z.string(), z.string()).meta({ description: "Of the golden record; personal." }),
  conflicts: z
    .array(
      z.object({
        a: keySchema,
        b: keySchema,
        kind: linkKindSchema,
        reason: z.string(),
        explained: z.string(),
      }),
    )
    .meta({ description: "Evidence about it that joins nothing." }),
}) satisfies z.ZodType<ProfileShown>;

export const ANN = "customer_id:1.3q2-7wAAAAAAAAAAAAAAAA";
export const BEN = "customer_id:1.9hZ0cQAAAAAAAAAAAAAAAA";
export const MAIL = "email:1.q83vEjRWeJCrze8SNFZ4kA";

/** A profile as examples have it. */
export const shown = (members: string[], first_name: string, segments: string[] = []): ProfileShown => ({
  root: members[0] ?? "",
  members,
  state: "authenticated",
  segments,
  traits: { first_name },
  conflicts: [],
});

/** What reading a change's body may answer: src/console/identity/bodies.ts. */
export const CHANGE_BODY_PROBLEMS = {
  400: ["invalid_json", "invalid_body"],
  413: ["body_too_large"],
} as const satisfies ProblemCodes;

/** Why a merge, keeping apart or setting aside cannot be: src/identity/changes/plan.ts. */
export const PLAN_PROBLEMS = {
  404: ["unknown_identifier"],
  409: [
    "suppressed",
    "same_profile",
    "kept_apart",
    "set_aside",
    "already_apart",
    "already_aside",
    "not_aside",
    "is_a_claim",
  ],
  422: ["profile_too_large", "cannot_merge"],
  503: ["identity_busy"],
} as const satisfies ProblemCodes;

/** Why a split cannot be, besides: src/identity/changes/split.ts. */
export const SPLIT_PROBLEMS = {
  400: ["empty_group"],
  409: ["not_one_profile", "joins_again"],
  422: ["inseparable", "too_many_pieces"],
} as const satisfies ProblemCodes;

/** Why a change that could be planned is not done: src/identity/changes/apply.ts. */
export const APPLY_PROBLEMS = {
  404: ["unknown_change"],
  409: ["profiles_changed", "nothing_to_change"],
} as const satisfies ProblemCodes;

/** Why a conflict is not settled so: src/identity/changes/queue.ts. */
export const SETTLE_PROBLEMS = {
  409: ["not_in_conflict"],
  422: ["cannot_settle_so"],
} as const satisfies ProblemCodes;

export const UNDO_PROBLEMS = {
  404: ["unknown_change"],
  409: ["already_undone", "changed_later"],
  503: ["identity_busy"],
} as const satisfies ProblemCodes;
