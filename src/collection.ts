/** Collection, wired. Loaded with the first request that brings events, by app.ts. */
import { type CollectRoutes, collectRoutes } from "#collect/routes";
import type { SendEnvelopes } from "#door/queue";
import { newId, randomBytes, type Shared } from "./shared.ts";

export const collection = ({ now, count, verifier }: Shared, send: SendEnvelopes): CollectRoutes =>
  collectRoutes(now, { send, count, newId, randomBytes, verifier });
