/** One contract of the dictionary's page: its fields, its examples, its versions. Called by page.ts. */
import { html } from "hono/html";
import * as z from "zod";
import type { FieldRule } from "../../contracts/fields.ts";
import type { LiveContract, LiveVersion } from "../../contracts/json-schema.ts";
import { type FieldRow, fieldRows } from "./fields.ts";

/** What html`…` makes; escaped already. */
export type Html = ReturnType<typeof html>;

/** A section with the contract's name as its anchor. What all events share is not repeated in each. */
export function contractSection(contract: LiveContract): Html {
  const { name, version, description, deprecated, versions, examples } = contract;
  const [newest, ...older] = versions;
  const rows = newest ? fieldRows(z.toJSONSchema(newest.own, { io: "input" })) : [];
  return html`<section class="contract" id="${name}">
<header><h3><a href="#${name}">${name}</a></h3><span class="pill">${version}</span>
<a class="schema" href="contracts/${name}/${version}">JSON Schema</a></header>
<p>${description}</p>
${deprecated ? html`<p class="note">Deprecated since ${deprecated.since}: use ${deprecated.use}.</p>` : ""}
${rows.length > 0 ? fieldTable(rows) : html`<p class="note">It has no fields of its own.</p>`}
${examples.map(({ title, ...parts }) => html`<details><summary>${title}</summary><pre>${shown(parts)}</pre></details>`)}
${older.map((one) => olderVersion(name, one))}
</section>`;
}

/** An event's properties and traits, or an entity. */
const shown = (parts: Record<string, unknown>): string =>
  JSON.stringify("value" in parts ? parts.value : parts, null, 2);

function olderVersion(name: string, { version, deprecated }: LiveVersion): Html {
  const state = deprecated
    ? html`is deprecated since ${deprecated.since}: use ${deprecated.use}.`
    : html`is taken, too.`;
  return html`<p class="note">Version <a href="contracts/${name}/${version}">${version}</a> ${state}</p>`;
}

const fieldTable = (rows: readonly FieldRow[]): Html => html`<div class="wide"><table class="fields">
<thead><tr><th>Field</th><th>Type</th><th>Class</th><th>Purposes</th></tr></thead>
<tbody>${rows.map(fieldRow)}</tbody></table></div>`;

const fieldRow = ({ name, depth, required, type, rule }: FieldRow): Html => html`<tr>
<td class="depth-${Math.min(depth, 3)}"><code>${name}</code>${required ? html` <b title="required">required</b>` : ""}</td>
<td>${type}</td>
<td>${rule ? html`<span class="class ${rule.class}">${rule.class}</span>` : ""}</td>
<td>${rule ? purposes(rule) : ""}</td></tr>`;

const REDUCTIONS = { url: "query and addresses taken out", text: "addresses taken out" };

function purposes({ purposes: served, hashedFor = [], reduce }: FieldRule): Html {
  const hashed = hashedFor.filter((purpose) => !served.includes(purpose));
  return html`${[...served].sort().join(", ")}${hashed.length > 0 ? html`<small>as a hash: ${hashed.join(", ")}</small>` : ""}${reduce ? html`<small>${REDUCTIONS[reduce]}</small>` : ""}`;
}
