/** What docs/privacy.md is made from: the contracts, and the release of the demo. */
import { readFileSync } from "node:fs";
import { type ReleaseDocument, releaseSchema } from "../../../contracts/definitions/release.ts";
import type { EventContract } from "../../../contracts/events/contract.ts";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";

export const CONTRACTS: readonly EventContract[] = Object.values(EVENT_CONTRACTS);

const DEMO = new URL("../../../demo/release.json", import.meta.url);

/** The demo's release, as it is validated. Where the sandbox is, is filled in when it is published: any address does here. */
export const demoRelease = (): ReleaseDocument =>
  releaseSchema.parse(
    JSON.parse(readFileSync(DEMO, "utf8").replaceAll(/\{\{(?:SANDBOX_)?URL\}\}/g, "http://localhost:8788")),
  );
