/** `/try` and `/try/<slug>`: one page for each thing that Doorstep does to a page. */
import type { DemoRequest, Reply } from "../../../http.ts";
import { html } from "../../html.ts";
import { page } from "../../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { cached } from "./cached.ts";
import type { Capability } from "./capability.ts";
import { cart } from "./cart.ts";
import { content } from "./content.ts";
import { decisions } from "./decisions.ts";
import { lists } from "./lists.ts";
import { messages } from "./messages.ts";
import { previews } from "./previews.ts";
import { ranking } from "./ranking.ts";
import { releases } from "./releases.ts";
import { segments } from "./segments.ts";
import { server } from "./server.ts";
import { templates } from "./templates.ts";
import { time } from "./time.ts";

/** The pages, in their order on `/try`. */
export const CAPABILITIES: readonly Capability[] = [
  segments,
  decisions,
  ranking,
  templates,
  cart,
  time,
  lists,
  cached,
  messages,
  server,
  content,
  previews,
  releases,
];

/** `GET /try`. */
export function tryIndex(request: DemoRequest): Reply {
  return page(request, {
    title: "Personal pages, one by one",
    content: { content_id: "try", content_type: "page" },
    main: html`<section class="wrap section"><p class="kicker">What Doorstep does to a page</p><h1>Personal pages, one by one</h1>
<p class="try__lede">Each page here shows one thing, on the site itself. In the corner of a block stands which offer it shows. Nothing happens before you accept personal pages in the banner, and none of it needs JavaScript but what says so.</p>
<ol class="try__list">${CAPABILITIES.map(
      ({ slug, title, lede }) => html`<li><h2><a href="/try/${slug}">${title}</a></h2><p>${lede}</p></li>`,
    )}</ol></section>`,
  });
}

/** `GET /try/<slug>`. */
export async function tryPage(request: DemoRequest, slug: string): Promise<Reply> {
  const capability = CAPABILITIES.find((one) => one.slug === slug);
  if (!capability) return notFoundPage(request);
  const { title, lede, steps, code, scripts } = capability;
  const cookies: string[] = [];
  const live = await capability.show(request, cookies);
  const reply = page(request, {
    title,
    content: { content_id: `try-${slug}`, content_type: "page" },
    ...(scripts && { scripts }),
    main: html`<article class="wrap section try"><p class="kicker"><a href="/try">Personal pages, one by one</a></p><h1>${title}</h1><p class="try__lede">${lede}</p>
<ol class="try__steps">${steps.map((step) => html`<li>${step}</li>`)}</ol>
<div class="try__live">${live}</div>
<h2>How</h2><pre class="try__code"><code>${code}</code></pre></article>`,
  });
  if (cookies.length > 0) reply.headers["set-cookie"] = cookies;
  // No proxy on the way may change it either: what is personal comes later.
  if (capability.cached) reply.headers["cache-control"] = "public, max-age=60, no-transform";
  return reply;
}
