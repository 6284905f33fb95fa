/**
 * A customer for tests and pictures of the profile page: she reads, is known to the shop's server, logs in, buys; a server
 * mistakes somebody else for her, and somebody types her address into their browser. What they send is as bad as it may be.
 */
import type { Browser, BrowserContext } from "playwright-core";
import { DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import type { Product } from "./e2e.ts";
import type { TestIssuer } from "./identity-tokens.ts";

export const IDA = { user: "u-ida", email: "ida.berg@example.com", phone: "+421905123456" };
const ALL = { analytics: "granted", marketing: "granted", personalization: "granted" };

/** Values that would be markup, a script or a path anywhere but in a text. */
export const HOSTILE = {
  name: '<img src=x onerror="alert(1)">',
  topic: "</script><script>alert(2)</script>",
};

let made = 0;
const event = (name: string, more: object = {}) => ({
  id: `story-${++made}`,
  name,
  occurred_at: new Date().toISOString(),
  ...more,
});
const article = (topic: string, n: number) => ({
  properties: { content: { content_id: `article-${n}`, content_type: "article", topic } },
});

/** @param name what the browser of somebody else says that she is called */
export async function tellStory(product: Product, browser: Browser, issuer: TestIssuer, name = HOSTILE.name) {
  const server = (...events: object[]) => send(product, events);
  const ida = await visitor(product, browser);
  await ida.send(event("page_view", article("winter", 1)), event("page_view", article("winter", 2)));
  await server(
    event("identify", {
      user_id: IDA.user,
      traits: { email: IDA.email, phone: IDA.phone, first_name: "Ida" },
    }),
  );
  await product.settle();
  const bought = event("purchase", {
    user_id: IDA.user,
    token: await issuer.token({ sub: IDA.user }),
    properties: { order_id: "A-1", value: 129, currency: "EUR" },
  });
  await ida.send(
    event("identify", {
      user_id: IDA.user,
      token: await issuer.token({ sub: IDA.user }),
      traits: { first_name: "Ida Marie", last_name: "Berg" },
    }),
    bought,
  );
  await server(event("identify", { user_id: "u-per", traits: { email: IDA.email, first_name: "Per" } }));
  const other = await visitor(product, browser);
  await other.send(
    event("form_submit", {
      properties: { form_id: "newsletter" },
      traits: { email: IDA.email, first_name: name },
    }),
    event("page_view", article(HOSTILE.topic, 3)),
  );
  await product.settle();
  await ida.close();
  await other.close();
  return { purchase: bought.id };
}

/** A secret-key source tells. */
async function send(product: Product, events: object[]): Promise<void> {
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ consent: ALL, events }),
  });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
}

/** A browser that has granted everything. */
async function visitor(product: Product, browser: Browser) {
  const context: BrowserContext = await browser.newContext();
  const { request } = context;
  const headers = {
    origin: product.url,
    "sec-fetch-site": "same-origin",
    "content-type": "application/json",
  };
  await request.put(`${product.url}/consent`, { headers, data: { purposes: ALL } });
  return {
    async send(...events: object[]): Promise<void> {
      const data = { write_key: "wk_demo", events };
      const response = await request.post(`${product.url}/events`, { headers, data });
      if (response.status() !== 202) throw new Error(`${response.status()} ${await response.text()}`);
    },
    close: () => context.close(),
  };
}
