/** Where a token stands, in words. Pure. */
import type { Role } from "#contracts/taxonomy";
import type { Tone } from "../dom.ts";

/** One token as `GET /admin/api/access/tokens` lists it. */
export interface Token {
  id: string;
  name: string;
  role: Role;
  personal: boolean;
  /** Null: all. */
  sources: string[] | null;
  created_at: string;
  created_by: string;
  expires_at: string;
  revoked_at: string | null;
  /** `YYYY-MM-DD`, UTC. */
  last_used_day: string | null;
}

const DAY_MS = 86_400_000;
/** So long before its end it is time to make another. */
const SOON_DAYS = 7;

/** @param now epoch ms */
export function tokenState(
  { revoked_at, expires_at }: Pick<Token, "revoked_at" | "expires_at">,
  now: number,
): readonly [Tone, "revoked" | "expired" | "expires soon" | "valid"] {
  if (revoked_at !== null) return ["bad", "revoked"];
  const left = Date.parse(expires_at) - now;
  if (left <= 0) return ["quiet", "expired"];
  return left < SOON_DAYS * DAY_MS ? ["wait", "expires soon"] : ["good", "valid"];
}

/** Whether it lets anybody in. */
export const isInForce = (token: Pick<Token, "revoked_at" | "expires_at">, now: number): boolean =>
  token.revoked_at === null && Date.parse(token.expires_at) > now;
