/** The profiles of a page, as they are now. Called by walk.ts and estimate.ts. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { ProfilePage } from "#identity/pages";
import type { Cuts } from "#segments/rfm";
import { type ProfileNow, profileNow } from "../profiles.ts";

/** @param now epoch ms */
export function profilesOfPage(
  { rows, members, lists }: Pick<ProfilePage, "rows" | "members" | "lists">,
  document: ReleaseDocument,
  cuts: Cuts | undefined,
  now: number,
): ProfileNow[] {
  const partition = { members: new Map([...members].map(([root, keys]) => [root, [...keys]])) };
  const given = { rows, before: rows, partition, lists, cuts };
  return [...members.keys()].map((root) => profileNow(root, given, document, now));
}
