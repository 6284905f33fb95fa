/** An ad audience: changes of profiles add and remove hashed addresses. Two requests, for whom to add and whom to remove. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { PROFILE_CHANGE, profileChangeSchema } from "#contracts/messages/profile_change";
import type { DeliveryOutcome } from "#core/outcome";
import type { DestinationType, SendContext } from "#forward/destinations/contract";
import { erasureRefused } from "#forward/destinations/erasure";
import { discard, refusal, request } from "#forward/destinations/http";

const settings = z.strictObject({
  token: z.string().meta({ title: "Token", description: "Of the ad account." }),
  segment: z.string().meta({ title: "Segment", description: "Whose members the audience has." }),
});
const body = z.strictObject({ hash: z.string().length(64), action: z.enum(["add", "remove"]) });
type Settings = z.infer<typeof settings>;
type Body = z.infer<typeof body>;

export const audience: DestinationType<Settings, Body> = {
  name: "audience",
  title: "Ad audience",
  settings,
  credentials: ["token"],
  deduplicates: true,
  limits: { batch: 10_000, perRequest: 10_000, requestsPerSecond: 1, concurrency: 1 },
  needs: ["marketing"],
  needsPersonal: true,
  changes: true,
  body,
  map({ name, properties }, { email }, { segment }) {
    const change = name === PROFILE_CHANGE ? profileChangeSchema.safeParse(properties).data : undefined;
    if (!change?.segments) return { status: "skipped", reason: "no_change_of_segments" };
    if (!email) return { status: "skipped", reason: "no_email" };
    const { all, left, out } = change.segments;
    const isGone = [...left, ...out].includes(segment);
    if (!isGone && !all.includes(segment)) return { status: "skipped", reason: "other_segment" };
    return { status: "mapped", body: { hash: hashOf(email), action: isGone ? "remove" : "add" } };
  },
  async send(bodies, context) {
    const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: "no_outcome" }));
    for (const [method, action] of [
      ["POST", "add"],
      ["DELETE", "remove"],
    ] as const) {
      const mine = [...bodies.entries()].filter(([, one]) => one.body.action === action);
      if (mine.length === 0) continue;
      const told = await tell(
        method,
        mine.map(([, one]) => one.body.hash),
        context,
      );
      for (const [index] of mine) outcomes[index] = told;
    }
    return outcomes;
  },
  health: async () => ({ status: "unknown", detail: "The vendor tells nothing of an audience." }),
  erasure: "The hash of each of the person's addresses is taken out of the audience.",
  async erase({ emails }, context) {
    const hashes = emails.map(hashOf);
    if (hashes.length === 0) return { status: "none", detail: "no_identifier_of_theirs" };
    const outcome = await tell("DELETE", hashes, context);
    return outcome.status === "delivered" ? { status: "confirmed" } : erasureRefused(outcome);
  },
};

const hashOf = (email: string): string => bytesToHex(sha256(utf8ToBytes(email.trim().toLowerCase())));

async function tell(
  method: "POST" | "DELETE",
  hashes: readonly string[],
  { settings: { token }, fetch, signal, now }: SendContext<Settings>,
): Promise<DeliveryOutcome> {
  const init = { headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ hashes }) };
  const sent = await request(
    fetch,
    "https://ads.example/v1/audience/users",
    { ...init, ...(method === "DELETE" && { method }) },
    signal,
  );
  if (!sent.arrived) return sent.outcome;
  await discard(sent.response);
  return refusal(sent.response, now) ?? { status: "delivered" };
}
