/**
 * Ids as PostHog has them, always the same for the same thing: of an event, by which it deduplicates; of a session; of a
 * person. https://www.rfc-editor.org/rfc/rfc9562 (versions 7 and 8)
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const hexOf = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

const uuid = (hex: string, version: string): string => {
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    version + hex.slice(13, 16),
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
};

export const eventUuid = (itemId: string): string => uuid(hexOf(itemId), "8");

/**
 * PostHog takes a session's beginning from its id, which must be a UUID of version 7.
 * https://posthog.com/docs/references/posthog-js/types/BootstrapConfig (`sessionID`)
 * @param startedAt epoch ms
 */
export const sessionUuid = (id: string, startedAt: number): string =>
  uuid(Math.max(0, Math.floor(startedAt)).toString(16).padStart(12, "0").slice(-12) + hexOf(id), "7");

/** Longer ones are cut by PostHog, and would make one person of several. */
const DISTINCT_ID_LENGTH = 200;

/** The profile's key; of one that is too long, its hash. */
export const distinctIdOf = (profile: string): string =>
  profile.length <= DISTINCT_ID_LENGTH ? profile : hexOf(profile);
