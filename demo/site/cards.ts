/** Pieces that several pages share: pictures, article and product cards, and the newsletter band. */
import type { Article, Product } from "./content.ts";
import { price, topicName } from "./content.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** The address of an article's picture. Topics without pictures of their own get fields. */
export function pictureOf({ topic, slug }: Pick<Article, "topic" | "slug">): string {
  let seed = 0;
  for (const character of slug) seed = (seed * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return `/assets/art/${topic}-${seed}.svg`;
}

/** "18 September 2026". */
export function longDate(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** A card that leads to an article. The first of a page is `large`. */
export function articleCard(article: Article, size: "large" | "normal" = "normal"): Html {
  return html`<article class="card card--${size}">
<a class="card__picture" href="/articles/${article.slug}" tabindex="-1" aria-hidden="true"><img src="${pictureOf(article)}" alt="" width="1600" height="900"></a>
<div class="card__body">
<p class="kicker"><a href="/topics/${article.topic}">${topicName(article.topic)}</a></p>
<h3 class="card__title"><a href="/articles/${article.slug}" data-doorstep-click="article-${article.slug}">${article.title}</a></h3>
<p class="card__summary">${article.summary}</p>
<p class="byline">${article.author} · <time datetime="${article.publishDate}">${longDate(article.publishDate)}</time></p>
</div>
</article>`;
}

/** A card that leads to a product. */
export function productCard(product: Product): Html {
  return html`<article class="product-card">
<a href="/products/${product.slug}" data-doorstep-click="product-${product.slug}">
<img src="/assets/products/${product.slug}.svg" alt="" width="800" height="800">
<h3 class="product-card__name">${product.name}</h3>
<p class="product-card__meta"><span>${topicName(product.category)}</span><strong>${price(product.price)}</strong></p>
</a>
</article>`;
}

/** What the hero slot shows on articles and products when nobody has anything better to say. */
export function slotBand(): Html {
  return html`<section class="slot slot--band" data-doorstep-slot="hero" aria-label="For you">
<div class="hero hero--band">
<div class="hero__text">
<p class="kicker">The Sunday letter</p>
<h2 class="hero__title">One story, one route, one recipe</h2>
<p class="hero__lede">Every Sunday before breakfast. No tracking pixels, no discounts you did not ask for.</p>
<a class="button button--solid" href="/newsletter" data-doorstep-click="band-newsletter">Get the letter</a>
</div>
</div>
</section>`;
}
