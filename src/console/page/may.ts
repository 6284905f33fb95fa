/**
 * What whoever is logged in may do, as `GET /admin/api/me` says. The server decides each request by itself: this only
 * keeps from view what it would refuse.
 */
import type { Role } from "#contracts/taxonomy";
import type { Permission } from "../access/permissions.ts";

export interface Me {
  id: string;
  name: string;
  role: Role;
  permissions: string[];
  /** May see personal data. */
  personal: boolean;
  /** Sources whose events are shown; null: all. */
  sources: string[] | null;
  expires_at: string | null;
}

/** What a view or a part of one asks for. */
export interface Needs {
  /** One of these is enough. */
  oneOf: readonly Permission[];
  /** It shows personal data. */
  personal?: true;
  /** What it is about belongs to no single source. */
  everySource?: true;
}

/** What it takes to see what is known of one person. */
export const OF_A_PERSON: Needs = { oneOf: ["person:read"], personal: true, everySource: true };

let current: Me | undefined;

/** Whoever has logged in; undefined after they have logged out. */
export function setMe(me: Me | undefined): void {
  current = me;
}

/** Whether whoever is logged in has a permission. */
export const may = (permission: Permission): boolean => current?.permissions.includes(permission) === true;

/** What they lack of what is needed; empty where they lack nothing. */
export function lacking({ oneOf, personal, everySource }: Needs): (keyof Needs)[] {
  const lacks: (keyof Needs)[] = [];
  if (!oneOf.some(may)) lacks.push("oneOf");
  if (personal && current?.personal !== true) lacks.push("personal");
  if (everySource && current?.sources !== null) lacks.push("everySource");
  return lacks;
}

/** Whether they may see what asks for this. */
export const allows = (needs: Needs): boolean => lacking(needs).length === 0;

/** Whether an actor's id is theirs. */
export const isMe = (id: string): boolean => current?.id === id;
