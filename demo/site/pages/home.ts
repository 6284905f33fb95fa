/** `/`: the hero slot with its baseline content, the latest stories, the shop. */
import type { DemoRequest, Reply } from "../../http.ts";
import type { Articles } from "../articles.ts";
import { articleCard, productCard } from "../cards.ts";
import { PRODUCTS, topicName } from "../content.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";

/** The front page. */
export function homePage(request: DemoRequest, articles: Articles): Reply {
  const [lead, ...others] = articles.all().slice(0, 6);
  return page(request, {
    title: "Stories and gear for people who go outside",
    description: "An outdoor magazine and a small shop: climbing, sailing, winter.",
    content: { content_id: "home", content_type: "page" },
    main: html`<section class="slot slot--hero" data-doorstep-slot="hero" aria-label="Welcome">
<div class="hero hero--home">
<div class="hero__text wrap">
<p class="kicker">Autumn issue</p>
<h1 class="hero__title">Go where the map runs out of names</h1>
<p class="hero__lede">Slow stories from rock, water and snow, and a few things worth carrying there.</p>
<p class="hero__actions"><a class="button button--light" href="/articles/the-quiet-side-of-the-wall" data-doorstep-click="hero-read">Read the cover story</a> <a class="button button--outline" href="/#shop" data-doorstep-click="hero-shop">Visit the shop</a></p>
</div>
</div>
</section>
<section class="wrap section" aria-labelledby="latest">
<div class="section__head"><h2 id="latest">Latest stories</h2><p>${articles.topics().map((topic) => html`<a class="chip" href="/topics/${topic}">${topicName(topic)}</a> `)}</p></div>
<div class="story-grid">
${lead ? articleCard(lead, "large") : null}
${others.map((article) => articleCard(article))}
</div>
</section>
<section class="shop" id="shop" aria-labelledby="shop-title">
<div class="wrap section">
<div class="section__head"><h2 id="shop-title">From the shop</h2><p class="section__note">Few things, made to be repaired.</p></div>
<div class="product-grid">${PRODUCTS.map(productCard)}</div>
</div>
</section>
<section class="wrap section">
<div class="letter">
<div><p class="kicker">The Sunday letter</p><h2>One story, one route, one recipe</h2><p>Every Sunday before breakfast, to eleven thousand kitchens.</p></div>
<a class="button button--solid" href="/newsletter" data-doorstep-click="home-newsletter">Get the letter</a>
</div>
</section>`,
  });
}
