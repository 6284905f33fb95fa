/** Examples of what RudderStack's API has of its own: run as tests, and shown in the docs. */
import type { Example } from "./protocol.ts";
import { BEACON, PAGE, TRACK } from "./rudderstack.ts";

export const RUDDERSTACK_EXAMPLES: readonly Example[] = [
  {
    title: "beacon: a page and a track",
    route: BEACON,
    query: "writeKey=wk_demo",
    body: {
      sentAt: "2026-11-22T10:00:00.500Z",
      batch: [
        {
          type: "page",
          channel: "web",
          anonymousId: "8b1f3f0c-5a3b-4a52-9f0d-2f6f5d2f1f10",
          messageId: "rs-1",
          originalTimestamp: "2026-11-22T10:00:00.000Z",
          context: {
            library: { name: "RudderLabs JavaScript SDK", version: "3.34.1" },
            page: { url: "https://shop.example/", title: "Shop", referrer: "$direct" },
            campaign: {},
          },
          properties: { url: "https://shop.example/", title: "Shop" },
        },
        {
          type: "track",
          event: "Product Viewed",
          anonymousId: "8b1f3f0c-5a3b-4a52-9f0d-2f6f5d2f1f10",
          messageId: "rs-2",
          originalTimestamp: "2026-11-22T10:00:00.200Z",
          properties: { product_id: "wool-gloves", price: 39, currency: "EUR" },
        },
      ],
    },
    accepted: 2,
    names: ["page_view", "view_item"],
  },
  {
    title: "pixel: a track",
    route: TRACK,
    query:
      "writeKey=wk_demo&anonymousId=a-1&event=Promotion+Viewed&properties.promotion_id=winter-sale&context.page.url=https%3A%2F%2Fshop.example%2F",
    accepted: 1,
    names: ["view_promotion"],
  },
  {
    title: "pixel: a page",
    route: PAGE,
    query:
      "writeKey=wk_demo&anonymousId=%22a-1%22&name=Newsletter&properties.url=https%3A%2F%2Fshop.example%2Fmail",
    accepted: 1,
    names: ["page_view"],
  },
];
