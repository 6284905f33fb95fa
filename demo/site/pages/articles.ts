/** `/articles/:slug` and `/topics/:topic`. */
import type { DemoRequest, Reply } from "../../http.ts";
import type { Articles } from "../articles.ts";
import { articleCard, longDate, pictureOf, productCard, slotBand } from "../cards.ts";
import type { Article } from "../content.ts";
import { PRODUCTS, topicName } from "../content.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";
import { notFoundPage } from "./not-found.ts";

/** One article with its slot, and what to read next. */
export function articlePage(request: DemoRequest, articles: Articles, slug: string): Reply {
  const article = articles.bySlug(slug);
  if (article === undefined) return notFoundPage(request);
  const next = [...articles.byTopic(article.topic), ...articles.all()]
    .filter((other, at, list) => other.slug !== slug && list.indexOf(other) === at)
    .slice(0, 3);
  return page(request, {
    title: article.title,
    description: article.summary,
    content: {
      content_id: article.slug,
      content_type: "article",
      topic: article.topic,
      taxonomy: [article.topic, ...article.tags],
      author: article.author,
      publish_date: article.publishDate,
    },
    main: html`<article class="story">
<header class="story__head wrap wrap--text">
<p class="kicker"><a href="/topics/${article.topic}">${topicName(article.topic)}</a></p>
<h1>${article.title}</h1>
<p class="story__lede">${article.summary}</p>
<p class="byline">By ${article.author} · <time datetime="${article.publishDate}">${longDate(article.publishDate)}</time></p>
</header>
<div class="wrap"><img class="story__picture" src="${pictureOf(article)}" alt="" width="1600" height="900"></div>
<div class="story__body wrap wrap--text">
${bodyHtml(article)}
${article.tags.length > 0 ? html`<p class="story__tags">${article.tags.map((tag) => html`<span class="chip">${tag}</span> `)}</p>` : null}
</div>
</article>
<div class="wrap">${slotBand()}</div>
<section class="wrap section" aria-labelledby="next">
<div class="section__head"><h2 id="next">Read next</h2></div>
<div class="story-grid story-grid--even">${next.map((other) => articleCard(other))}</div>
</section>`,
  });
}

/** All articles of a topic, and the gear that belongs to it. */
export function topicPage(request: DemoRequest, articles: Articles, topic: string): Reply {
  const found = articles.byTopic(topic);
  if (found.length === 0) return notFoundPage(request);
  const products = PRODUCTS.filter(({ category }) => category === topic);
  return page(request, {
    title: topicName(topic),
    description: `Stories about ${topicName(topic).toLowerCase()}.`,
    content: { content_id: `topic-${topic}`, content_type: "page", topic, taxonomy: [topic] },
    main: html`<section class="wrap section">
<header class="topic-head"><p class="kicker">Topic</p><h1>${topicName(topic)}</h1><p>${found.length === 1 ? "One story" : html`${found.length} stories`} so far.</p></header>
<div class="story-grid story-grid--even">${found.map((article) => articleCard(article))}</div>
</section>
${
  products.length > 0
    ? html`<section class="shop" aria-labelledby="gear"><div class="wrap section"><div class="section__head"><h2 id="gear">Gear for it</h2></div><div class="product-grid product-grid--four">${products.map(productCard)}</div></div></section>`
    : null
}`,
  });
}

function bodyHtml(article: Article): Html[] {
  return article.body
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map((block) => (block.startsWith("## ") ? html`<h2>${block.slice(3)}</h2>` : html`<p>${block}</p>`));
}
