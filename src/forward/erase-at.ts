/**
 * One destination's part of an erasure: the settings as deliveries read them, and what the type makes of it. A destination
 * that is disabled or paused is asked, too: it holds what it was sent before. Called by the flow of subject requests; a
 * destination that the release no longer has cannot be asked, and the caller says so.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { Clock } from "#core/clock";
import { logError } from "#core/log";
import type {
  DestinationType,
  ErasureOutcome,
  ErasurePerson,
  Fetch,
  SendContext,
  TokenCache,
} from "./destinations/contract.ts";
import { together, untilMended } from "./destinations/erasure.ts";
import { destinationType } from "./destinations/registry.ts";
import { itemIdOf } from "./item-id.ts";
import { purposesOf } from "./purposes.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";

export interface EraseAtContext {
  /** Id of the subject request: every attempt at it tells the vendor the same. */
  request: string;
  secretOf: SecretOf;
  queueOf: SendContext<unknown>["queueOf"];
  tokens: TokenCache;
  fetch: Fetch;
  clock: Clock;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
  /** For all requests about one portion of the subjects; 10 s. */
  deadlineMs?: number;
}

const DEADLINE_MS = 10_000;

/** A person has a handful; a portion of this many is done within the deadline. */
const SUBJECTS_AT_ONCE = 100;

/**
 * Ask a destination to delete a person. Never throws for anything that a vendor may answer.
 * @param key its name in the release @param person see `ErasurePerson`: proved values only
 */
export async function eraseAt(
  key: string,
  definition: DestinationDefinition,
  person: ErasurePerson,
  context: EraseAtContext,
): Promise<ErasureOutcome> {
  const type = destinationType(definition.type);
  if (!type) return { status: "failed", code: "unknown_type" };
  if (!type.erase) return { status: "none", detail: "vendor_offers_none" };
  const read = readDestinationSettings(type, definition.settings, context.secretOf);
  if (!read.ok)
    return untilMended(read.code, "The destination's settings or secrets do not hold: mend them.");

  const { fetch, clock, allowInsecure, tokens, queueOf, deadlineMs = DEADLINE_MS } = context;
  const shared = { settings: read.settings, personal: purposesOf(definition, type).includes("marketing") };
  const outcomes: ErasureOutcome[] = [];
  for (const [n, portion] of portionsOf(person).entries()) {
    const id = await itemIdOf(`erasure:${context.request}`, key, String(n));
    const signal = AbortSignal.timeout(deadlineMs);
    const reach = { fetch, now: clock(), signal, allowInsecure, tokens, queueOf };
    const asked = type.erase(portion, { ...shared, id, ...reach });
    const outcome = await asked.catch((error: unknown) => bug(type, error));
    outcomes.push(outcome);
    if (outcome.status === "retry") break;
  }
  return together(outcomes, "no_identifier_of_theirs");
}

function bug(type: DestinationType, error: unknown): ErasureOutcome {
  logError(`erasing at a ${type.name} destination failed`, error);
  return { status: "retry", code: "internal_error" };
}

/** In an order that is the same for every attempt. Addresses go with the first portion, which there always is. */
function portionsOf({ subjects, emails, phones, userIds }: ErasurePerson): ErasurePerson[] {
  const sorted = [...new Set(subjects)].sort();
  const portions: ErasurePerson[] = [];
  for (let at = 0; at === 0 || at < sorted.length; at += SUBJECTS_AT_ONCE) {
    const portion = sorted.slice(at, at + SUBJECTS_AT_ONCE);
    portions.push(
      at === 0
        ? { subjects: portion, emails, phones, userIds }
        : { subjects: portion, emails: [], phones: [], userIds: [] },
    );
  }
  return portions;
}
