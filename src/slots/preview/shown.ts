/** What a preview's bar is told: bar.ts writes it into the page, src/browser/preview reads it there. */

/** Of one slot. */
export interface ShownSlot {
  slot: string;
  /** The winner; absent: the fallback. */
  offer?: string | undefined;
  holdout: boolean;
  /** Not of a person: who has the link may see what the page shows of them, and no more. */
  losers?: { offer: string; reason: string }[];
}

export interface ShownPreview {
  /** Sentences, the first of them whom or what it is a preview of. */
  about: string[];
  /** All slots of the release. */
  slots: ShownSlot[];
}
