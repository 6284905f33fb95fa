/**
 * The dictionary for people: every contract and every taxonomy on one page, without a script. Its
 * links are relative to `contracts`, so that it does not need to know the base path. Called by assets.ts.
 */
import { html, raw } from "hono/html";
import type { LiveContract } from "../../contracts/json-schema.ts";
import { TAXONOMIES, type Taxonomy } from "../../contracts/taxonomies.ts";
import { contractSection, type Html } from "./section.ts";
import { STYLE } from "./style.ts";

/** The page as text. */
export const dictionaryPage = async (contracts: readonly LiveContract[]): Promise<string> =>
  String(await document(contracts));

function document(contracts: readonly LiveContract[]): Html {
  const events = contracts.filter(({ kind }) => kind === "event");
  const entities = contracts.filter(({ kind }) => kind === "entity");
  const taxonomies = Object.entries<Taxonomy>(TAXONOMIES);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Data dictionary · Doorstep</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<div class="page">
<nav aria-label="Contracts">
<b>Events</b>${events.map(link)}
<b>Entities</b>${entities.map(link)}
<b>Taxonomies</b>${taxonomies.map(([key, { title }]) => html`<a href="#taxonomy-${key}">${title}</a>`)}
</nav>
<main>
<h1>Data dictionary</h1>
<p class="lead">What may come in at the door: each event by its name, each field with what it is and which purposes let it
through. A field that is not listed is left out. What all events share is the entity <a href="#event"><code>event</code></a>.</p>
<h2>Events</h2>
${events.map(contractSection)}
<h2>Entities</h2>
${entities.map(contractSection)}
<h2>Taxonomies</h2>
${taxonomies.map(taxonomySection)}
</main>
</div>
</body>
</html>
`;
}

const link = ({ name }: LiveContract): Html => html`<a class="name" href="#${name}">${name}</a>`;

const taxonomySection = ([key, { title, description, values }]: [string, Taxonomy]): Html =>
  html`<section class="contract" id="taxonomy-${key}">
<header><h3><a href="#taxonomy-${key}">${title}</a></h3></header>
<p>${description}</p>
<div class="wide"><table><tbody>${Object.entries(values).map(
    ([value, meaning]) => html`<tr><td><code>${value}</code></td><td>${meaning}</td></tr>`,
  )}</tbody></table></div>
</section>`;
