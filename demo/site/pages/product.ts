/** `/products/:slug`: one product, the form that puts it into the cart, and the slot. */
import type { DemoRequest, Reply } from "../../http.ts";
import { productCard, slotBand } from "../cards.ts";
import { CURRENCY, PRODUCTS, price, productBySlug, topicName } from "../content.ts";
import { html, jsonScript } from "../html.ts";
import { page } from "../layout.ts";
import { notFoundPage } from "./not-found.ts";

/** The product's page. The JSON block is what `site.js` sends as `add_to_cart`. */
export function productPage(request: DemoRequest, slug: string): Reply {
  const product = productBySlug(slug);
  if (product === undefined) return notFoundPage(request);
  const others = PRODUCTS.filter((other) => other !== product).slice(0, 4);
  return page(request, {
    title: product.name,
    description: product.summary,
    content: {
      content_id: product.slug,
      content_type: "product",
      topic: product.category,
      taxonomy: [product.category, "shop"],
    },
    main: html`<section class="wrap section product">
<img class="product__picture" src="/assets/products/${product.slug}.svg" alt="${product.name}" width="800" height="800">
<div class="product__text">
<p class="kicker"><a href="/topics/${product.category}">${topicName(product.category)}</a></p>
<h1>${product.name}</h1>
<p class="product__price">${price(product.price)} <span>incl. VAT</span></p>
<p class="product__summary">${product.summary}</p>
<form class="product__form" method="post" action="/cart" data-add-to-cart>
<input type="hidden" name="product" value="${product.slug}">
<label for="quantity">Quantity</label>
<input id="quantity" name="quantity" type="number" min="1" max="20" value="1" inputmode="numeric">
<button class="button button--solid" type="submit" data-doorstep-click="add-to-cart">Add to cart</button>
</form>
<ul class="product__details">${product.details.map((detail) => html`<li>${detail}</li>`)}</ul>
</div>
${jsonScript("product", { product_id: product.slug, name: product.name, category: product.category, price: product.price, currency: CURRENCY })}
</section>
<div class="wrap">${slotBand()}</div>
<section class="wrap section" aria-labelledby="more"><div class="section__head"><h2 id="more">More from the shop</h2></div><div class="product-grid product-grid--four">${others.map(productCard)}</div></section>`,
  });
}
