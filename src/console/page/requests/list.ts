/** The list of subject requests, those that are due first, and below it the suppression list. Asks every ten seconds. */
import type { RequestStatus, SubjectRequestDetail } from "#contracts/messages/subject_request";
import { SUBJECT_REQUEST_TYPES, type SubjectRequestType } from "#contracts/taxonomy";
import { call } from "../api.ts";
import { button, chip, empty, fill, h } from "../dom.ts";
import { choice } from "../field.ts";
import { may } from "../may.ts";
import { readOnly } from "../not-permitted.ts";
import { poll } from "../polling.ts";
import { dateOf, timeOf } from "../time.ts";
import { suppressionPanel } from "./suppression.ts";
import type { Part } from "./view.ts";
import {
  deadlineInWords,
  LAW_WORDS,
  makerInWords,
  STATUS_WORDS,
  TYPE_WORDS,
  VERIFICATION_WORDS,
} from "./words.ts";

const EVERY_MS = 10_000;
const LIMIT = 200;
const TABS = ["all", "pending", "in_progress", "completed", "cancelled"] as const;
type Tab = (typeof TABS)[number];
const tabName = (tab: Tab): string => (tab === "all" ? "All" : capital(STATUS_WORDS[tab][1]));
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The list, its filters, and the suppression list. */
export function requestList(): Part {
  let tab: Tab = "all";
  let requests: SubjectRequestDetail[] | undefined;
  let drawn = "";
  const tabs = new Map(
    TABS.map((name) => [name, button(tabName(name), () => set(name), "tab", { "aria-pressed": "false" })]),
  );
  const type = choice<SubjectRequestType | "">(
    [["", "Any type"], ...SUBJECT_REQUEST_TYPES.map((name) => [name, TYPE_WORDS[name]] as const)],
    { name: "Type", changed: () => draw() },
  );
  const list = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "view-head" },
      h("h1", { attrs: { tabindex: "-1" } }, "Subject requests"),
      h("span", { class: "grow" }),
      may("subjects:manage") &&
        h("a", { class: "button primary", attrs: { href: "#/requests/new" } }, "New request"),
    ),
    readOnly("subjects:manage"),
    h(
      "div",
      { class: "toolbar" },
      h("div", { class: "tabs", attrs: { role: "group", "aria-label": "Status" } }, ...tabs.values()),
      h("div", { class: "filters" }, type.element),
    ),
    list,
    h("h2", {}, "Suppression list"),
    suppressionPanel(),
  );
  const refreshing = poll(refresh, EVERY_MS);

  function set(chosen: Tab): void {
    tab = chosen;
    draw();
  }

  async function refresh(): Promise<void> {
    const answer = await call<{ requests: SubjectRequestDetail[] }>("GET", `subject-requests?limit=${LIMIT}`);
    if (answer.status === "problem") return fill(list, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok") return;
    requests = answer.body.requests;
    draw();
  }

  function draw(): void {
    if (!requests) return;
    const ofType = requests.filter(
      (request) => !type.value() || request.subject_request_type === type.value(),
    );
    const isIn = (request: SubjectRequestDetail, name: Tab): boolean =>
      name === "all" || request.request_status === name;
    const content = JSON.stringify([tab, ofType]);
    if (content === drawn) return; // A link that has the focus stays where it is.
    drawn = content;
    for (const [name, control] of tabs) {
      const inTab = ofType.filter((request) => isIn(request, name)).length;
      control.setAttribute("aria-pressed", String(name === tab));
      fill(control, tabName(name), h("span", { class: "tab-count" }, inTab));
    }
    const shown = ofType.filter((request) => isIn(request, tab));
    fill(
      list,
      requests.length === LIMIT &&
        h("p", { class: "notice wait" }, `There may be more than the ${LIMIT} that are listed.`),
      shown.length > 0 ? table(shown, Date.now()) : nothing(requests.length > 0),
    );
  }

  refreshing.start();
  return { element, stop: () => refreshing.stop() };
}

const nothing = (filtered: boolean): HTMLElement =>
  filtered
    ? empty("No request is like that", "Choose another status or type.")
    : empty(
        "Nobody has asked for anything yet",
        "What a person asks for in their browser, by your server, or by letter and is entered here, is listed with its deadline.",
      );

function table(requests: readonly SubjectRequestDetail[], now: number): HTMLElement {
  const head: [label: string, kind: string][] = [
    ["Request", ""],
    ["Status", "wide"],
    ["Deadline", ""],
    ["Received", "wide"],
    ["Made by", "wide"],
    ["Verified by", "wide"],
  ];
  return h(
    "table",
    { class: "requests" },
    h(
      "thead",
      {},
      h("tr", {}, ...head.map(([label, kind]) => h("th", { class: kind, attrs: { scope: "col" } }, label))),
    ),
    h("tbody", {}, ...requests.map((request) => row(request, now))),
  );
}

function row(request: SubjectRequestDetail, now: number): HTMLElement {
  const {
    subject_request_id: id,
    request_status: status,
    verification,
    expected_completion_time: due,
  } = request;
  const received = timeOf(request.received_time, now);
  return h(
    "tr",
    {},
    h(
      "td",
      {},
      h(
        "a",
        { class: "request-link", attrs: { href: `#/requests/${encodeURIComponent(id)}` } },
        `${TYPE_WORDS[request.subject_request_type]} · ${LAW_WORDS[request.regulation]}`,
      ),
      h("code", { class: "hint block" }, id.slice(0, 8)),
      h("span", { class: "narrow" }, statusChip(status)),
    ),
    h("td", { class: "wide" }, statusChip(status)),
    h("td", {}, deadlineChip(request, now), h("span", { class: "hint block" }, dateOf(due))),
    h(
      "td",
      { class: "wide" },
      h("time", { attrs: { datetime: received.iso, title: received.whole } }, received.shown),
    ),
    h("td", { class: "wide name" }, makerInWords(request.made_by)),
    h("td", { class: "wide" }, VERIFICATION_WORDS[verification]),
  );
}

/** Where a request stands. */
export function statusChip(status: RequestStatus): HTMLElement {
  const [tone, label] = STATUS_WORDS[status];
  return chip(tone, label);
}

/** How much time is left for it. */
export function deadlineChip(request: SubjectRequestDetail, now: number): HTMLElement {
  const { tone, label, left } = deadlineInWords(request, now);
  return chip(tone, label, left || undefined);
}
