/** Deletion of a person at Acme Tool, by each address. One that is not there is answered alike, so a repetition does no harm. */
import type { EraseContext, ErasureOutcome, ErasurePerson } from "#forward/destinations/contract";
import { erasureRefused, together } from "#forward/destinations/erasure";
import { discard, refusal, request } from "#forward/destinations/http";
import { address, headersOf, unsafe } from "./send.ts";
import type { AcmeToolSettings } from "./settings.ts";

export async function erasePeople(
  { emails }: ErasurePerson,
  context: EraseContext<AcmeToolSettings>,
): Promise<ErasureOutcome> {
  const detail = unsafe(context);
  if (detail) return { status: "failed", code: "unsafe_url", detail };
  const { settings, fetch, now, signal } = context;
  const outcomes: ErasureOutcome[] = [];
  for (const email of new Set(emails.map((given) => given.trim().toLowerCase()))) {
    const init = { headers: headersOf(settings), body: JSON.stringify({ email }) };
    const sent = await request(fetch, address(settings, "people/delete"), init, signal);
    const refused = sent.arrived ? refusal(sent.response, now) : sent.outcome;
    if (sent.arrived) await discard(sent.response);
    const outcome: ErasureOutcome = refused ? erasureRefused(refused) : { status: "confirmed" };
    // Whatever is asked now would end alike.
    if (outcome.status === "retry") return outcome;
    outcomes.push(outcome);
  }
  return together(outcomes, "no_identifier_of_theirs");
}
