/** WordPress in the sandbox: the magazine's editors write here what offers show, in English and Slovak. */
import type { DemoRequest } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import { parseJson, type Vendor } from "../vendor.ts";
import { createWordpress, type Post } from "./rest.ts";

/** Who may edit: HTTP basic authentication, as an application password is sent. */
export const WORDPRESS_CREDENTIAL = "editor:abcd EFGH 1234 ijkl";

const SEED: readonly Post[] = [
  {
    ...{ id: 11, type: "posts", slug: "hut-to-hut", status: "publish", lang: "en", contentId: "11" },
    title: "Hut to hut, light",
    content:
      '<h2>Hut to hut, light</h2>\n<p>Four days above the trees with 6 kg on your back. <a href="/topics/winter">See the list</a></p>\n',
    ...{ categories: ["winter"], modified: "2026-11-01T09:00:00" },
  },
  {
    ...{ id: 12, type: "posts", slug: "z-chaty-na-chatu", status: "publish", lang: "sk", contentId: "11" },
    title: "Z chaty na chatu naľahko",
    content:
      '<h2>Z chaty na chatu naľahko</h2>\n<p>Štyri dni nad lesom so 6 kg na chrbte. <a href="/topics/winter">Pozrite si zoznam</a></p>\n',
    ...{ categories: ["winter"], modified: "2026-11-01T09:05:00" },
  },
  {
    ...{ id: 13, type: "posts", slug: "spring-sale", status: "draft", lang: "en", contentId: "13" },
    title: "Spring sale",
    content: "<h2>Spring sale</h2>\n<p>Everything with a keel, 20 % off.</p>\n",
    ...{ categories: ["sailing"], modified: "2026-11-02T09:00:00" },
  },
];

/** WordPress below `/wordpress`. */
export function createWordpressVendor(): Vendor {
  const seeded = () =>
    createWordpress(SEED, {
      credential: WORDPRESS_CREDENTIAL,
      site: "https://magazine.example",
      now: () => now.slice(0, 19),
    });
  let now = "";
  let wordpress = seeded();
  return {
    owns: (path) => path.startsWith("/wordpress/"),
    answer(request: DemoRequest, context) {
      now = context.now.toISOString();
      const { status, headers, body } = wordpress.answer({
        method: request.method,
        url: request.url,
        authorization: headerOf(request.headers, "authorization"),
        body: parseJson(request.body),
      });
      return json(status, body, headers);
    },
    failure: (kind) => {
      const status = {
        server_error: 500,
        rate_limited: 429,
        unauthorized: 401,
        forbidden: 403,
        unavailable: 503,
      }[kind];
      return json(status, { code: "rest_error", message: "Something went wrong.", data: { status } });
    },
    supportsPartial: false,
    reset: () => {
      wordpress = seeded();
    },
  };
}
