/** The figures of identity as elements; quality.ts asks for them. */
import type { Quality, QualityFigures, TiedShare } from "../../identity/quality-answer.ts";
import { type Child, empty, h } from "../dom.ts";
import { allows } from "../may.ts";
import { capitalised, code } from "../steps.ts";
import { timeOf } from "../time.ts";
import { bars, line } from "./charts.ts";
import { OF_IDENTITY } from "./needs.ts";

/** All of it; before the first pass is over, how far it is. */
export function figuresIn({ figures, history, walks, waiting }: Quality): HTMLElement[] {
  if (!figures) return [notYet(walks)];
  const days = history.toReversed();
  return [
    h("p", { class: "hint" }, `As of ${timeOf(Date.parse(figures.ended_at)).whole}${progressIn(walks)}`),
    h(
      "div",
      { class: "cards" },
      rate(
        "Browsers that are tied to a person",
        figures.visitors,
        "browsers whose profile was seen in the last 30 days",
        days.map(({ match_rate }) => match_rate),
      ),
      rate(
        "Events that are tied to a person",
        figures.events,
        "events of the last 24 hours that took effect",
      ),
      count(
        "Profiles",
        figures.profiles,
        `of ${sum(figures.identifiers).toLocaleString()} identifiers`,
        days.map(({ profiles }) => profiles),
      ),
      count(
        "Profiles with a conflict",
        figures.conflicted,
        waitingInWords(waiting),
        days.map(({ conflicted }) => conflicted),
      ),
      count(
        "Devices of several people",
        figures.shared_devices,
        "Each was proved to be two people's or more: it is nobody's.",
      ),
      count(
        "Values that are set aside",
        figures.set_aside.by_operators + figures.set_aside.by_partners,
        `${figures.set_aside.by_operators} by operators, ${figures.set_aside.by_partners} with too many partners`,
      ),
    ),
    h("h2", {}, "What is known"),
    h(
      "div",
      { class: "chart-row" },
      bars(
        ["Identifiers", "How many"],
        [
          ...byNumber(figures.identifiers).map(([name, value]) => ({ label: nameOf(name), value })),
          ...byNumber(figures.claims).map(([name, value]) => ({
            label: `${nameOf(name)}, only claimed`,
            value,
          })),
        ],
      ),
      bars(
        ["Identifiers of a profile", "Profiles"],
        figures.sizes.map(({ from, to, profiles }) => ({ label: sizeOf(from, to), value: profiles })),
      ),
      bars(
        ["How far a profile is known", "Profiles"],
        Object.entries(figures.states).map(([state, value]) => ({
          label: capitalised(state),
          value,
          note: shareOf(value, figures.profiles),
        })),
      ),
    ),
    ...asideIn(figures),
    ...largestIn(figures),
  ];
}

function notYet(walks: Quality["walks"]): HTMLElement {
  const rows = walks.reduce((total, walk) => total + walk.rows, 0);
  return empty(
    "The first walk over the identifiers is not over",
    rows > 0
      ? `${rows.toLocaleString()} have been looked at so far. The figures are here when all have.`
      : "It begins with the next run of the schedule, within a minute.",
  );
}

/** A pass that is on its way, beside the one before, which says about how many there are. */
function progressIn(walks: Quality["walks"]): string {
  const going = walks.filter(({ walking }) => walking);
  const all = going.reduce((total, walk) => total + (walk.rows_last_pass ?? 0), 0);
  const rows = going.reduce((total, walk) => total + walk.rows, 0);
  if (going.length === 0) return ".";
  return all > 0
    ? `; the next walk has come ${Math.min(99, Math.floor((100 * rows) / all))} % so far.`
    : "; the next walk has begun.";
}

function rate(
  title: string,
  tied: TiedShare,
  of: string,
  days: readonly (number | null)[] = [],
): HTMLElement {
  return card(
    title,
    percent(tied.match_rate),
    tied.all === 0
      ? `There are no ${of}.`
      : `Proved: ${tied.proved.toLocaleString()} of ${tied.all.toLocaleString()} ${of}; with those of which the person is only claimed ${percent(tied.claimed_rate)}.`,
    days.length > 1 &&
      line(days, `${title}, by day: from ${percent(days[0] ?? null)} to ${percent(days.at(-1) ?? null)}`),
  );
}

const count = (title: string, value: number, words: Child, days: readonly number[] = []): HTMLElement =>
  card(
    title,
    value.toLocaleString(),
    words,
    days.length > 1 && line(days, `${title}, by day: from ${days[0]} to ${days.at(-1)}`),
  );

const card = (title: string, figure: string, words: Child, chart: Child): HTMLElement =>
  h(
    "div",
    { class: "card stat" },
    h("span", { class: "stat-name" }, title),
    h("strong", {}, figure),
    h("p", { class: "hint" }, words),
    chart,
  );

/** What waits in the queue, with the way there. */
function waitingInWords(waiting: Record<string, number>): Child {
  const all = sum(waiting);
  const words =
    all === 0 ? "Nothing waits to be settled." : `${all.toLocaleString()} links wait to be settled`;
  if (all === 0 || !allows(OF_IDENTITY)) return words;
  return h("a", { attrs: { href: "#/conflicts" } }, words);
}

function asideIn({ set_aside: { most, by_operators, by_partners } }: QualityFigures): HTMLElement[] {
  if (by_operators + by_partners === 0) return [];
  return [
    h("h2", {}, "Values that are set aside"),
    h("p", { class: "hint" }, "They join nothing: a shared mailbox, a till's own number, a placeholder."),
    most.length === 0
      ? h("p", { class: "hint" }, "Their keys are personal data, which your token or grant does not include.")
      : table(
          ["Identifier", "Why", "Partners"],
          most.map(({ key, why, partners }) => [
            code(key),
            why === "operator" ? "an operator's word" : "too many partners",
            partners.toLocaleString(),
          ]),
        ),
  ];
}

const LARGEST_SHOWN = 10;

function largestIn({ largest }: QualityFigures): HTMLElement[] {
  const several = largest.filter(({ members }) => members > 1).slice(0, LARGEST_SHOWN);
  if (several.length === 0) return [];
  return [
    h("h2", {}, "The largest profiles"),
    table(
      ["Profile", "Known", "Identifiers"],
      several.map(({ root, state, members }) => [code(root), state, members.toLocaleString()]),
    ),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement =>
  h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { attrs: { scope: "col" } }, text)))),
      h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, cell))))),
    ),
  );

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, one) => total + one, 0);

const byNumber = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts).sort(([, a], [, b]) => b - a);

const nameOf = (namespace: string): string =>
  namespace === "visitor_id" ? "Browser (our cookie)" : capitalised(namespace.replaceAll("_", " "));

const sizeOf = (from: number, to: number | null): string =>
  to === null ? `${from} or more` : from === to ? String(from) : `${from} to ${to}`;

export const percent = (share: number | null): string =>
  share === null ? "–" : `${(share * 100).toFixed(1)} %`;

const shareOf = (part: number, whole: number): string => (whole === 0 ? "" : percent(part / whole));
