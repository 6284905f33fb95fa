/** A link to the real site as somebody else sees it: by which release, as whom, when and where. */
import { DEVICE_TYPES } from "#contracts/taxonomy";
import { call, problemInWords } from "../api.ts";
import { fill, h } from "../dom.ts";
import { current, definitions } from "../draft/store.ts";
import { choice, field, tick } from "../field.ts";
import { issuesNotice } from "../issues-notice.ts";
import { timeOf } from "../time.ts";
import { head, type Page, saidLine, tabs } from "./page.ts";
import { whomPart } from "./preview-whom.ts";
import { copyButton } from "./snippets.ts";
import { segmentsOf } from "./words.ts";

interface Link {
  url: string;
  expires_at: string;
}

/** @param offer whose audience it begins with; empty: a stranger */
export function previewPage(offer: string): Page {
  const problems = h("div", { attrs: { role: "alert" } });
  const result = h("div", { class: "stack", attrs: { role: "status" } });
  const whom = whomPart(segmentsOf(definitions("offers")[offer]?.audience) ?? []);
  const release = releaseChoice();
  const optional = (attrs: Record<string, string | number>) =>
    h("input", { class: "input", attrs: { autocomplete: "off", ...attrs } });
  const at = optional({ type: "datetime-local" });
  const path = optional({ value: "/", maxlength: 500 });
  const country = optional({ maxlength: 2, placeholder: "SK" });
  const locale = optional({ maxlength: 12, placeholder: "sk" });
  const device = choice([["", "this browser's"], ...DEVICE_TYPES.map((name) => [name, name] as const)]);
  const lasts = choice([
    ["3600", "An hour"],
    ["14400", "Four hours"],
    ["86400", "A day"],
  ]);
  const drafts = tick("With drafts of the CMS's content");
  const holdouts = tick("Holdouts hold, as for visitors");
  const make = h("button", { class: "button primary", attrs: { type: "submit" } }, "Make the link");

  async function send(): Promise<void> {
    make.disabled = true;
    fill(problems);
    const answer = await call<Link>("POST", "previews", {
      ...whom.read(),
      release: releaseOf(release.value),
      path: path.value.trim() || "/",
      expires_in: Number(lasts.value()),
      ...(at.value !== "" && { at: new Date(at.value).toISOString() }),
      ...(country.value.trim() !== "" && { country: country.value.trim().toUpperCase() }),
      ...(locale.value.trim() !== "" && { locale: locale.value.trim() }),
      ...(device.value() !== "" && { device: device.value() }),
      ...(drafts.box.checked && { drafts: true }),
      ...(holdouts.box.checked && { holdouts: true }),
    });
    make.disabled = false;
    if (answer.status === "ok") fill(result, linkCard(answer.body));
    else {
      const issues = answer.status === "problem" ? answer.issues : [];
      fill(problems, issuesNotice(problemInWords(answer) ?? "", issues, "preview"));
    }
  }

  return {
    element: h(
      "div",
      {},
      head("Preview", saidLine()),
      tabs("preview"),
      h(
        "p",
        { class: "hint" },
        "The real page as somebody else sees it, also what is not published yet. Nothing that happens in a preview is recorded or counted.",
      ),
      h(
        "form",
        {
          class: "stack",
          on: {
            submit: (event) => {
              event.preventDefault();
              void send();
            },
          },
        },
        h(
          "section",
          { class: "part-card" },
          h("h2", {}, "What"),
          h(
            "div",
            { class: "fields" },
            field("Release", release),
            field("Page", path, "Its path, such as / or /articles."),
          ),
        ),
        h(
          "section",
          { class: "part-card", attrs: { "aria-label": "As whom" } },
          h("h2", {}, "As whom"),
          whom.element,
        ),
        h(
          "details",
          { class: "fold" },
          h("summary", {}, "At another time, in another place"),
          h(
            "div",
            { class: "fields" },
            field("At", at, "In your own time zone. Empty: whenever the page is looked at."),
            field("Country", country, "Two letters. Empty: the browser's own."),
            field("Language", locale, "Empty: the browser's own."),
            field("Device", device.element),
          ),
          drafts.element,
          holdouts.element,
        ),
        h("div", { class: "fields" }, field("The link holds", lasts.element)),
        problems,
        h("div", { class: "form-foot start" }, make),
      ),
      result,
    ),
  };
}

function linkCard({ url, expires_at }: Link): HTMLElement {
  const text = h("input", {
    class: "input code",
    attrs: { readonly: true, value: url, "aria-label": "The link" },
    on: { focus: () => text.select() },
  });
  const left = h("p", { class: "hint" });
  const time = timeOf(expires_at);
  const say = () => {
    const minutes = Math.ceil((Date.parse(expires_at) - Date.now()) / 60_000);
    fill(
      left,
      minutes > 0
        ? `It holds until ${time.shown}, ${minutes > 90 ? `${Math.round(minutes / 60)} hours` : `${minutes} min`} more. Whoever has it sees the preview.`
        : "It has ended: make another.",
    );
    if (minutes > 0 && (left.isConnected || !left.parentNode)) setTimeout(say, 30_000);
  };
  say();
  return h(
    "section",
    { class: "part-card", attrs: { "aria-label": "The link" } },
    h("h2", {}, "The link"),
    text,
    h(
      "div",
      { class: "actions" },
      h(
        "a",
        { class: "button primary", attrs: { href: url, target: "_blank", rel: "noopener noreferrer" } },
        "Open the preview",
      ),
      copyButton(url, "the link"),
    ),
    left,
  );
}

/** What one may look at: what holds, a canary's candidate, the drafts, and versions that are known. */
function releaseChoice(): HTMLSelectElement {
  const shown = current();
  const option = (value: string, label: string) => h("option", { attrs: { value } }, label);
  const select = h(
    "select",
    { class: "input" },
    option("stable", `Published, version ${shown?.stable ?? 0}`),
  );
  if (shown?.draft) select.appendChild(option(`draft:${shown.draft.name}`, `Draft ${shown.draft.name}`));
  select.value = shown?.draft ? `draft:${shown.draft.name}` : "stable";
  const more = async () => {
    const [drafts, past] = await Promise.all([
      call<{ drafts: { name: string }[] }>("GET", "drafts"),
      call<{
        active: { candidate: number | null };
        releases: { version: number; note: string; state: string }[];
      }>("GET", "releases"),
    ]);
    if (past.status === "ok" && past.body.active.candidate !== null)
      select.appendChild(option("candidate", `The canary, version ${past.body.active.candidate}`));
    for (const { name } of drafts.status === "ok" ? drafts.body.drafts : [])
      if (name !== shown?.draft?.name) select.appendChild(option(`draft:${name}`, `Draft ${name}`));
    for (const { version, note, state } of past.status === "ok" ? past.body.releases : [])
      if (state === "former" || state === "scheduled")
        select.appendChild(option(String(version), `Version ${version}${note ? `: ${note}` : ""}`));
  };
  void more();
  return select;
}

const releaseOf = (value: string): string | number => (/^\d+$/.test(value) ? Number(value) : value);
