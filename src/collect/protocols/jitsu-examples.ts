/** Examples of Jitsu's API: run as tests, and shown in the docs. */
import type { Example, Route } from "./protocol.ts";

const WHO = { anonymousId: "a-2f1c", timestamp: "2026-11-22T10:00:00.000Z" };
const KEY = { "x-write-key": "jitsu:wk_demo" };
const post = (path: string): Route => ({ method: "POST", path, body: "json" });

export const JITSU_EXAMPLES: readonly Example[] = [
  {
    title: "page, as its browser client sends it",
    route: post("/api/s/:type"),
    params: { type: "page" },
    headers: KEY,
    body: {
      ...WHO,
      type: "page",
      messageId: "j-1",
      sentAt: "2026-11-22T10:00:00.000Z",
      writeKey: "jitsu:***",
      properties: { url: "https://shop.example/", title: "Shop" },
      context: {
        library: { name: "@jitsu/js", version: "1.11.0", env: "browser" },
        page: { url: "https://shop.example/", title: "Shop", referrer: "" },
        campaign: {},
      },
    },
    accepted: 1,
    names: ["page_view"],
  },
  {
    title: "track, from a server",
    route: post("/api/s/s2s/:type"),
    params: { type: "track" },
    headers: KEY,
    body: {
      ...WHO,
      type: "track",
      event: "Order Completed",
      messageId: "j-2",
      properties: { order_id: "A-1003", total: 420, currency: "EUR" },
    },
    accepted: 1,
    names: ["purchase"],
  },
  {
    title: "batch, from a server",
    route: post("/api/s/s2s/:type"),
    params: { type: "batch" },
    headers: KEY,
    body: {
      context: { library: { name: "backend", version: "2" } },
      batch: [
        { ...WHO, type: "identify", messageId: "j-3", userId: "u-1", traits: { email: "ida@example.com" } },
        { ...WHO, type: "group", messageId: "j-4", userId: "u-1", groupId: "berg-co" },
      ],
    },
    accepted: 2,
    names: ["identify", "group"],
  },
  {
    title: "pixel: a track in `data`",
    route: { method: "GET", path: "/api/px/:type", body: "none" },
    params: { type: "track" },
    headers: KEY,
    query: `data=${encodeURIComponent(btoa(JSON.stringify({ ...WHO, event: "Signed In", properties: { method: "link" } })))}&context.page.url=${encodeURIComponent("https://shop.example/mail")}`,
    accepted: 1,
    names: ["login"],
  },
];
