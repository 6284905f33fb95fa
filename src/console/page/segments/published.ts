/**
 * What is published, beside the draft that is shown: the stable release's document, and each segment's sizes. Read whenever
 * the view is opened; the pages mark what is not published yet by it.
 */
import type { ReleaseInput } from "#contracts/definitions/release";
import type { SegmentShown } from "../../segments/segments-routes.ts";
import { call } from "../api.ts";

export interface Published {
  document: Partial<ReleaseInput>;
  /** When people were counted last, and how many there were; null: not yet. */
  counted: { day: string; people: number } | null;
  segments: ReadonlyMap<string, SegmentShown>;
}

let published: Published = { document: {}, counted: null, segments: new Map() };

/** As it was read last. */
export const publishedNow = (): Published => published;

/** What does not answer is left as it was: the pages say of nothing that it is new. */
export async function readPublished(): Promise<void> {
  const [active, sizes] = await Promise.all([
    call<{ document: Partial<ReleaseInput> }>("GET", "releases/active"),
    call<{ counted: Published["counted"]; segments: SegmentShown[] }>("GET", "segments"),
  ]);
  const document = active.status === "ok" ? active.body.document : published.document;
  published =
    sizes.status === "ok"
      ? {
          document,
          counted: sizes.body.counted,
          segments: new Map(sizes.body.segments.map((one) => [one.name, one])),
        }
      : { ...published, document };
}
