/** Every generated part of docs/, one line each. */

import { consentTruth } from "./consent-table.ts";
import { sketch } from "./destinations/sketch.ts";
import type { Block } from "./markers.ts";
import { CONTRACTS, demoRelease } from "./privacy/inputs.ts";
import { contextMatrix, eventMatrix, sharedMatrix, traitMatrix } from "./privacy/matrix.ts";
import { foundTable, workedExample } from "./privacy/scrubbed.ts";

const PRIVACY = "docs/privacy.md";
const WRITING = "docs/destinations/writing.md";

export const BLOCKS = {
  "consent-truth": { file: "docs/consent.md", render: consentTruth },
  "privacy-context": { file: PRIVACY, render: () => contextMatrix(demoRelease()) },
  "privacy-traits": { file: PRIVACY, render: () => traitMatrix(demoRelease()) },
  "privacy-events": { file: PRIVACY, render: () => eventMatrix(CONTRACTS, demoRelease()) },
  "privacy-shared": { file: PRIVACY, render: () => sharedMatrix(demoRelease()) },
  "privacy-found": { file: PRIVACY, render: foundTable },
  "privacy-example": { file: PRIVACY, render: workedExample },
  "sketch-audience": { file: WRITING, render: () => sketch("audience") },
  "sketch-mail": { file: WRITING, render: () => sketch("mail") },
  "sketch-warehouse": { file: WRITING, render: () => sketch("warehouse") },
} satisfies Record<string, Block>;
