/** Moving the pointer: each is asked about first, and what the server refuses is said. */
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import type { ActivePointer } from "./shapes.ts";

/** What a move may be, below `releases/`. */
export type MovePath = "promote" | "abort" | "share" | `${number}/rollback`;

interface Moving {
  path: MovePath;
  body?: Record<string, unknown>;
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
}

/**
 * Ask, and move.
 * @param revision of the pointer that is shown: where somebody else has moved it meanwhile, nothing is done
 * @returns what to say; undefined where they let it be
 */
export async function move(
  place: HTMLElement,
  revision: number,
  moving: Moving,
): Promise<string | undefined> {
  const { path, body, title, text, confirm, danger } = moving;
  const note = await ask(place, {
    title,
    text,
    confirm,
    ...(danger && { danger }),
    ...(path !== "share" && {
      reason: { label: "Note", hint: "What the history says of it.", required: false },
    }),
  });
  if (note === undefined) return undefined;
  const answer = await call<{ active: ActivePointer; visible: string }>("POST", `releases/${path}`, {
    ...body,
    ...(path === "share" ? {} : { note }),
    if_revision: revision,
  });
  if (answer.status === "ok") return `Done: visible ${answer.body.visible}.`;
  return problemInWords(answer) ?? "";
}
