/** Consent, wired: the public routes, and a withdrawal that a page finds. Loaded when first needed, by app.ts and pages.ts. */
import type { Hono } from "hono";
import type { ConsentEffects } from "#consent/change";
import { appendConsent } from "#consent/store";
import { recordWithdrawal } from "#door/consent/record";
import { consentRoutes } from "#door/consent/routes";
import type { RequestContext } from "#door/context";
import { bindConsent, requireConsent } from "#identity/consent-store";
import { guardErasures } from "#identity/erasures";
import { readLedgers } from "#identity/ledger";
import { normaliseIdentifier } from "#identity/normalise";
import { requireShards } from "#identity/shards-count";
import { showLive } from "#lake/receipts";
import { withdrawSnapshot } from "#segments/store";
import { clock, newId, randomBytes, type Shared } from "./shared.ts";

/** What a decision changes. */
const effectsOf = ({ env, identity }: Shared): ConsentEffects => ({
  async append(row) {
    await requireShards(identity);
    return appendConsent(identity.of(row.subject), row);
  },
  async bind(subject, choice) {
    await requireShards(identity);
    return bindConsent(identity, subject, choice);
  },
  purgeSnapshot: (subject) => withdrawSnapshot(env.EDGE, subject, clock()),
});

/** Cookies that consent no longer covers, once the withdrawal is on record: src/door/consent/record.ts. */
export const withdrawn = (shared: Shared, context: RequestContext, headers: Headers): Promise<string[]> =>
  recordWithdrawal(context, headers, { effects: effectsOf(shared), count: shared.count });

/** The routes below `/consent`. */
export function consentsRoutes(shared: Shared): Hono {
  const { env, settings, identity, context, count } = shared;
  return consentRoutes({
    context: async (c) => context(c.req.raw),
    count,
    newId,
    randomBytes,
    effects: effectsOf(shared),
    history: async (subjects, limit) => {
      await guardErasures(identity, env.LAKE, clock());
      return readLedgers(identity, subjects, limit);
    },
    normalise: normaliseIdentifier,
    current: async (known) => [...(await requireConsent(identity, env.LAKE, known, clock())).values()].flat(),
    report: (c, subject, consent) => {
      // The ledger is the record; of this view a share is enough.
      if (Math.random() >= settings.TRACE_SLOTS) return;
      c.executionCtx.waitUntil(
        showLive(env.LIVE_TAIL, [
          {
            stage: "door",
            eventId: consent.receipt,
            at: clock(),
            name: "consent_update",
            source: subject,
            outcome: "accepted",
            consent,
          },
        ]),
      );
    },
  });
}
