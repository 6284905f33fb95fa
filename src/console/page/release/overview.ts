/** What holds now, who gets what during a canary, what is to come, drafts, and the history with its way back. */
import { call, problemInWords } from "../api.ts";
import { button, chip, empty, fill, h, type Tone } from "../dom.ts";
import type { DraftHead } from "../draft/store.ts";
import { may } from "../may.ts";
import { timeOf } from "../time.ts";
import { move } from "./act.ts";
import type { ActivePointer, Move, PastRelease, Scheduled } from "./shapes.ts";

const STATES: Record<PastRelease["state"], Tone> = {
  stable: "good",
  candidate: "wait",
  scheduled: "info",
  former: "quiet",
};

/** The page at `#/release`. @param said where it says what was done */
export function overview(said: HTMLElement): { element: HTMLElement; refresh(): Promise<void> } {
  const body = h("div", {}, h("div", { class: "skeleton" }));
  const element = h("div", {}, body);

  async function refresh(): Promise<void> {
    const [past, drafts, scheduled, moves] = await Promise.all([
      call<{ active: ActivePointer; releases: PastRelease[] }>("GET", "releases"),
      call<{ drafts: DraftHead[] }>("GET", "drafts"),
      call<{ scheduled: Scheduled[] }>("GET", "releases/schedule"),
      call<{ moves: Move[] }>("GET", "releases/moves?limit=20"),
    ]);
    if (past.status !== "ok") {
      fill(body, h("p", { class: "notice bad" }, problemInWords(past)));
      return;
    }
    const { active, releases } = past.body;
    fill(
      body,
      holds(active, act),
      h("h2", {}, "Drafts"),
      drafts.status === "ok" ? draftList(drafts.body.drafts) : problemInWords(drafts),
      ...(scheduled.status === "ok" && scheduled.body.scheduled.length > 0
        ? [h("h2", {}, "Scheduled"), scheduleList(scheduled.body.scheduled, cancel)]
        : []),
      h("h2", {}, "Versions"),
      versionList(releases, active, act),
      h("h2", {}, "Who did what"),
      moves.status === "ok" ? moveList(moves.body.moves) : problemInWords(moves),
    );
  }

  async function act(revision: number, moving: Parameters<typeof move>[2]): Promise<void> {
    const words = await move(element, revision, moving);
    if (words === undefined) return;
    fill(said, words);
    await refresh();
  }

  async function cancel(id: string): Promise<void> {
    const answer = await call("DELETE", `releases/schedule/${id}`);
    fill(said, answer.status === "ok" ? "It will not be published." : problemInWords(answer));
    await refresh();
  }

  return { element, refresh };
}

type Act = (revision: number, moving: Parameters<typeof move>[2]) => Promise<void>;

/** The pointer, and what one may do to it. */
function holds({ revision, stable, candidate, share }: ActivePointer, act: Act): HTMLElement {
  if (stable === 0)
    return empty(
      "Nothing was published yet",
      "Until then every purpose is denied and every slot keeps the page's own content.",
    );
  const shareInput = h("input", {
    class: "input share",
    attrs: {
      type: "number",
      min: 0,
      max: 100,
      step: 1,
      value: Math.round(share * 100),
      "aria-label": "Share of visitors in percent",
    },
  });
  return h(
    "section",
    { class: "card", attrs: { "aria-label": "Now" } },
    h(
      "p",
      {},
      chip("good", "stable"),
      " ",
      h("a", { attrs: { href: `#/release/version/${stable}` } }, `Version ${stable}`),
      candidate === null ? " for everybody." : ` for ${Math.round((1 - share) * 100)} % of visitors.`,
    ),
    candidate !== null &&
      h(
        "p",
        {},
        chip("wait", "candidate"),
        " ",
        h("a", { attrs: { href: `#/release/version/${candidate}` } }, `Version ${candidate}`),
        ` for ${Math.round(share * 100)} % of visitors; who has it keeps it.`,
      ),
    candidate !== null &&
      may("release:write") &&
      h(
        "div",
        { class: "publish" },
        shareInput,
        button("Change the share", () => {
          const next = Number(shareInput.value) / 100;
          void act(revision, {
            path: "share",
            body: { share: next },
            title: `Give version ${candidate} to ${shareInput.value} % of visitors?`,
            text: "Who has it now keeps it, as long as the share grows.",
            confirm: "Change the share",
          });
        }),
        button(
          "Promote",
          () =>
            void act(revision, {
              path: "promote",
              title: `Give version ${candidate} to everybody?`,
              text: "It becomes the stable version, and the canary ends.",
              confirm: "Promote",
            }),
          "primary",
        ),
        button(
          "Abort",
          () =>
            void act(revision, {
              path: "abort",
              title: `Take version ${candidate} back?`,
              text: `Everybody gets version ${stable} again.`,
              confirm: "Abort",
              danger: true,
            }),
        ),
      ),
  );
}

function draftList(drafts: readonly DraftHead[]): HTMLElement {
  if (drafts.length === 0)
    return h("p", { class: "hint" }, "There is none. A change of a segment, an offer or a text begins one.");
  return h(
    "ol",
    { class: "history" },
    ...drafts.map(({ name, author, updated_at, base, note }) =>
      h(
        "li",
        {},
        h(
          "a",
          { class: "history-note", attrs: { href: `#/release/draft/${name}` } },
          name,
          note && ` · ${note}`,
        ),
        h("span", { class: "hint" }, `of version ${base}, changed last by ${author || "somebody"}`),
        when(updated_at),
      ),
    ),
  );
}

const scheduleList = (scheduled: readonly Scheduled[], cancel: (id: string) => Promise<void>): HTMLElement =>
  h(
    "ol",
    { class: "history" },
    ...scheduled.map(({ id, at, version, actor, note, state, reason }) =>
      h(
        "li",
        {},
        h("span", { class: "history-version" }, version),
        h("span", { class: "history-note" }, note, " ", h("span", { class: "hint" }, `by ${actor}`)),
        chip(state === "failed" ? "bad" : state === "waiting" ? "wait" : "quiet", state, reason ?? undefined),
        when(at),
        state === "waiting" && may("release:write") && button("Cancel", () => void cancel(id), "plain"),
      ),
    ),
  );

function versionList(
  releases: readonly PastRelease[],
  { revision, stable }: ActivePointer,
  act: Act,
): HTMLElement {
  return h(
    "ol",
    { class: "history" },
    ...releases.map(({ version, note, author, created_at, state, summary }) =>
      h(
        "li",
        {},
        h("a", { class: "history-version", attrs: { href: `#/release/version/${version}` } }, version),
        h(
          "span",
          { class: "history-note" },
          note || h("span", { class: "hint" }, "no note"),
          " ",
          h("span", { class: "hint" }, [author, summary && inWords(summary)].filter(Boolean).join(" · ")),
        ),
        state !== "former" && chip(STATES[state], state),
        when(created_at),
        may("release:write") &&
          version !== stable &&
          state === "former" &&
          button(
            "Roll back to it",
            () =>
              void act(revision, {
                path: `${version}/rollback`,
                title: `Roll back to version ${version}?`,
                text: "Everybody gets it within 120 s, and a canary ends. You can come back the same way.",
                confirm: "Roll back",
                danger: true,
              }),
            "plain",
          ),
      ),
    ),
  );
}

const inWords = ({ added, removed, changed }: NonNullable<PastRelease["summary"]>): string =>
  [added && `${added} new`, changed && `${changed} changed`, removed && `${removed} removed`]
    .filter(Boolean)
    .join(", ") || "no change";

const moveList = (moves: readonly Move[]): HTMLElement =>
  h(
    "ol",
    { class: "history" },
    ...moves.map(({ at, actor, action, stable, candidate, share, note }) =>
      h(
        "li",
        {},
        chip("quiet", action),
        h(
          "span",
          { class: "history-note" },
          `${actor || "somebody"}: stable ${stable}${candidate === null ? "" : `, candidate ${candidate} for ${Math.round(share * 100)} %`}`,
          note && ` · ${note}`,
        ),
        when(at),
      ),
    ),
  );

function when(at: string): HTMLElement {
  const time = timeOf(at);
  return h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown);
}
