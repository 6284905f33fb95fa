/** The fingerprint of a consent string: proves later which one it was, and says nothing by itself. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** `sha256:` and the first 128 bits in hex. Synchronous, since most strings are read but once. Joined: told-id.ts says why. */
export const fingerprint = (text: string): string =>
  ["sha256:", bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 16))].join("");
