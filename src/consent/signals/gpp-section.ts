/** What one section of a GPP string says, or the code of why it cannot be relied upon. */
import type { Says } from "./signal.ts";

export type SectionReading =
  | {
      says: Says;
      /** Epoch ms, 0 where the section does not tell: those of the US do not. */
      givenAt: number;
      expiresAt?: number;
    }
  | { invalid: string };

export const MALFORMED: SectionReading = { invalid: "malformed" };
