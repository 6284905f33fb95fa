/** `/cart`, `/checkout` and `/thanks`: from things in a cookie to an order in memory. */
import { randomBytes } from "node:crypto";
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import { CURRENCY, price } from "../content.ts";
import { field, isEmail } from "../form.ts";
import { html, jsonScript } from "../html.ts";
import { page } from "../layout.ts";
import type { CartLine } from "../session.ts";
import { cartCookie, cartLines, cartTotal, formFields, signedInEmail, withProduct } from "../session.ts";
import { notFoundPage } from "./not-found.ts";

const ORDER_LIMIT = 5000;

/** An order as the thanks page tells it to the browser script. It holds no personal data. */
type Order = {
  order_id: string;
  value: number;
  currency: string;
  items: { product_id: string; name: string; category: string; price: number; quantity: number }[];
};

/** The last orders, oldest out first. */
export type Orders = Map<string, Order>;

/** `GET /cart`. */
export function cartPage(request: DemoRequest): Reply {
  const lines = cartLines(request);
  return page(request, {
    title: "Cart",
    personal: true,
    main: html`<section class="wrap wrap--narrow section"><h1>Your cart</h1>
${
  lines.length === 0
    ? html`<div class="empty"><p>Nothing in it yet.</p><a class="button button--solid" href="/#shop">Visit the shop</a></div>`
    : html`<ul class="cart">${lines.map(cartLine)}</ul>
<p class="cart__total"><span>Total</span><strong>${price(cartTotal(lines))}</strong></p>
<p class="cart__actions"><a class="button button--quiet" href="/#shop">Keep looking</a> <a class="button button--solid" href="/checkout" data-doorstep-click="to-checkout">Check out</a></p>`
}
</section>`,
  });
}

/** `POST /cart`: adds a product, or takes one away with a negative quantity. */
export function addToCart(request: DemoRequest): Reply {
  const { product = "", quantity = "1" } = formFields(request);
  const count = /^-?\d{1,2}$/.test(quantity) ? Number(quantity) : 1;
  return seeOther("/cart", [cartCookie(withProduct(cartLines(request), product, count))]);
}

/** `GET /checkout`, and the form again with what was wrong in it. */
export function checkoutPage(request: DemoRequest, problems: Record<string, string> = {}): Reply {
  const lines = cartLines(request);
  if (lines.length === 0) return seeOther("/cart");
  const values = formFields(request);
  return page(request, {
    title: "Checkout",
    personal: true,
    status: Object.keys(problems).length > 0 ? 422 : 200,
    main: html`<section class="wrap wrap--narrow section"><h1>Checkout</h1>
<div class="columns">
<form class="form" method="post" action="/checkout" data-doorstep-form="checkout" data-doorstep-fields="email,first_name,last_name">
${field({ name: "email", label: "E-mail", type: "email", autocomplete: "email", value: values.email ?? signedInEmail(request), problem: problems.email })}
${field({ name: "first_name", label: "First name", autocomplete: "given-name", value: values.first_name, problem: problems.first_name })}
${field({ name: "last_name", label: "Last name", autocomplete: "family-name", value: values.last_name, problem: problems.last_name })}
<button class="button button--solid" type="submit">Pay ${price(cartTotal(lines))}</button>
<p class="form__note">It is a demo: no money moves and nothing is sent.</p>
</form>
<aside class="summary" aria-label="Your order"><ul>${lines.map(({ product, quantity }) => html`<li><span>${quantity} × ${product.name}</span><span>${price(product.price * quantity)}</span></li>`)}</ul><p><span>Total</span><strong>${price(cartTotal(lines))}</strong></p></aside>
</div></section>`,
  });
}

/** `POST /checkout`: makes the order, empties the cart, goes to the thanks page. */
export function placeOrder(request: DemoRequest, orders: Orders): Reply {
  const lines = cartLines(request);
  if (lines.length === 0) return seeOther("/cart");
  const { email = "", first_name = "", last_name = "" } = formFields(request);
  const problems = {
    ...(isEmail(email) ? {} : { email: "Please give an e-mail address." }),
    ...(first_name === "" ? { first_name: "Please give your first name." } : {}),
    ...(last_name === "" ? { last_name: "Please give your last name." } : {}),
  };
  if (Object.keys(problems).length > 0) return checkoutPage(request, problems);

  const order: Order = {
    order_id: `FF-${randomBytes(5).toString("hex").toUpperCase()}`,
    value: cartTotal(lines),
    currency: CURRENCY,
    items: lines.map(({ product, quantity }) => ({
      product_id: product.slug,
      name: product.name,
      category: product.category,
      price: product.price,
      quantity,
    })),
  };
  orders.set(order.order_id, order);
  for (const oldest of orders.keys()) {
    if (orders.size <= ORDER_LIMIT) break;
    orders.delete(oldest);
  }
  return seeOther(`/thanks?order=${order.order_id}`, [cartCookie([])]);
}

/** `GET /thanks?order=…`. The JSON block is what `site.js` sends as `purchase`, once per order. */
export function thanksPage(request: DemoRequest, orders: Orders): Reply {
  const order = orders.get(request.url.searchParams.get("order") ?? "");
  if (order === undefined) return notFoundPage(request);
  return page(request, {
    title: "Thank you",
    personal: true,
    main: html`<section class="wrap wrap--narrow section"><p class="kicker">Order ${order.order_id}</p><h1>Thank you. It is on its way.</h1>
<div class="summary summary--wide"><ul>${order.items.map((item) => html`<li><span>${item.quantity} × ${item.name}</span><span>${price(item.price * item.quantity)}</span></li>`)}</ul><p><span>Total</span><strong>${price(order.value)}</strong></p></div>
<p><a class="button button--solid" href="/" data-doorstep-click="thanks-home">Back to the stories</a></p>
${jsonScript("order", order)}</section>`,
  });
}

function cartLine({ product, quantity }: CartLine) {
  const step = (count: string, label: string, sign: string) =>
    html`<form method="post" action="/cart"><input type="hidden" name="product" value="${product.slug}"><input type="hidden" name="quantity" value="${count}"><button class="step" type="submit" aria-label="${label} ${product.name}">${sign}</button></form>`;
  return html`<li class="cart__line"><img class="cart__picture" src="/assets/products/${product.slug}.svg" alt="" width="96" height="96"><div class="cart__name"><a href="/products/${product.slug}">${product.name}</a><span>${price(product.price)} each</span></div>
<div class="cart__steps">${step("-1", "One less of", "−")}<span>${quantity}</span>${step("1", "One more of", "+")}</div><strong>${price(product.price * quantity)}</strong></li>`;
}
