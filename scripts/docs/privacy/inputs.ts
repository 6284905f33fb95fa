/** What docs/privacy.md is made from: the contracts, and the release of the demo. */
import { readFileSync } from "node:fs";
import { type ReleaseDocument, releaseSchema } from "../../../contracts/definitions/release.ts";
import type { EventContract } from "../../../contracts/events/contract.ts";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";

export const CONTRACTS: readonly EventContract[] = Object.values(EVENT_CONTRACTS);

const DEMO = new URL("../../../demo/release.json", import.meta.url);

/** The demo's release, as it is validated. */
export const demoRelease = (): ReleaseDocument => releaseSchema.parse(JSON.parse(readFileSync(DEMO, "utf8")));
