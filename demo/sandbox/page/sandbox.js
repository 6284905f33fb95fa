/**
 * The sandbox page: asks the sandbox every 1.5 seconds and shows what each vendor received.
 * Everything that came from outside is put in as text, never as markup (see panels.js).
 */
import { batchTable } from "/_sandbox/batches.js";
import {
  armedList,
  contactsTable,
  ga4Table,
  requestsTable,
  tiles,
  webhookTable,
  withDeletions,
} from "/_sandbox/panels.js";

const POLL_MS = 1500;
const SHOWN = 200;

const element = (id) => document.getElementById(id);
const state = { tab: location.hash.slice(1) || "hubspot", seen: "" };

const VIEWS = {
  hubspot: (data) => withDeletions(contactsTable(data.contacts), data.deletions.hubspot),
  requests: (data) => requestsTable(data.hubspot.records),
  ga4: (data) => withDeletions(ga4Table(data.ga4.records), data.deletions.ga4),
  webhook: (data) => webhookTable(data.webhook.records),
  meta: (data) => batchTable("meta", "Meta", data.meta.records),
  posthog: (data) => batchTable("posthog", "PostHog", data.posthog.records),
};
if (!(state.tab in VIEWS)) state.tab = "hubspot";

async function received(vendor) {
  const response = await fetch(`/_received?vendor=${vendor}&limit=${SHOWN}`);
  return { total: Number(response.headers.get("x-total-count")), records: (await response.json()).reverse() };
}

async function load() {
  const [hubspot, ga4, webhook, meta, posthog, contacts, deletions, faults] = await Promise.all([
    received("hubspot"),
    received("ga4"),
    received("webhook"),
    received("meta"),
    received("posthog"),
    fetch("/_contacts").then((response) => response.json()),
    fetch("/_deletions").then((response) => response.json()),
    fetch("/_faults").then((response) => response.json()),
  ]);
  return { hubspot, ga4, webhook, meta, posthog, contacts: contacts.reverse(), deletions, faults };
}

async function refresh() {
  try {
    const data = await load();
    element("live").textContent = "live";
    element("live").dataset.state = "live";
    // Drawing again only on change keeps opened details open and the reader's place.
    const seen = JSON.stringify([state.tab, data]);
    if (seen === state.seen) return;
    state.seen = seen;
    draw(data);
  } catch {
    element("live").textContent = "not reachable";
    element("live").dataset.state = "lost";
  }
}

function draw(data) {
  element("tiles").replaceChildren(...tiles(data));
  const opened = new Set(
    [...document.querySelectorAll("#view details[open]")].map((details) => details.dataset.key),
  );
  element("view").replaceChildren(VIEWS[state.tab](data));
  for (const details of document.querySelectorAll("#view details"))
    details.open = opened.has(details.dataset.key);
  element("armed").replaceChildren(...armedList(data.faults));
}

function select(tab) {
  state.tab = tab;
  history.replaceState(null, "", `#${tab}`);
  for (const button of document.querySelectorAll("[role=tab]")) {
    const selected = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(selected));
    button.tabIndex = selected ? 0 : -1;
    if (selected) element("view").setAttribute("aria-labelledby", button.id);
  }
  void refresh();
}

document.querySelector("[role=tablist]").addEventListener("click", (event) => {
  const button = event.target.closest("[role=tab]");
  if (button) select(button.dataset.tab);
});
document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  select(next.dataset.tab);
});

element("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { vendor, mode, count } = Object.fromEntries(new FormData(event.target));
  const response = await fetch("/_faults", {
    method: "POST",
    body: JSON.stringify({ vendor, mode, count: Number(count) }),
  });
  element("problem").textContent = response.ok ? "" : (await response.json()).error;
  void refresh();
});
element("clear-faults").addEventListener("click", async () => {
  await fetch("/_faults", { method: "DELETE" });
  void refresh();
});
element("clear").addEventListener("click", async () => {
  await fetch("/_received", { method: "DELETE" });
  void refresh();
});

select(state.tab);
setInterval(() => document.visibilityState === "visible" && void refresh(), POLL_MS);
