/** Cases of content for test/worker/openapi.test.ts: a webhook brings an item, which is listed. */
import { signed } from "../slots/signed.ts";
import type { Case } from "./case.ts";

/** As the test's own secret. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** The `cms` of the release: nobody answers there. */
export const CMS = {
  feed: {
    type: "json",
    url: "http://127.0.0.1:1/feed.json",
    settings: { webhook_secret: { $secret: "HOOK" } },
  },
};

const body = { items: [{ id: "oa", html: "<p>Hi</p>" }] };

/** @param operator the headers of one */
export const contentCases = async (operator: Record<string, string>): Promise<Case[]> => [
  {
    operation: "post /hooks/cms/{adapter}",
    path: "/hooks/cms/json",
    status: 202,
    headers: await signed(SECRET, JSON.stringify(body), Date.now()),
    body,
  },
  {
    operation: "post /hooks/cms/{adapter}",
    path: "/hooks/cms/json?source=feed",
    status: 400,
    headers: await signed(SECRET, JSON.stringify(body), 0),
    body,
  },
  { operation: "post /hooks/cms/{adapter}", path: "/hooks/cms/json", status: 401, body },
  { operation: "post /hooks/cms/{adapter}", path: "/hooks/cms/wordpress", status: 404, body },
  { operation: "get /admin/api/content", status: 200, headers: operator },
  { operation: "get /admin/api/content", path: "/admin/api/content?state=x", status: 400, headers: operator },
  {
    operation: "get /admin/api/content/{source}/{content_id}",
    path: "/admin/api/content/feed/oa",
    status: 200,
    headers: operator,
  },
  {
    operation: "get /admin/api/content/{source}/{content_id}",
    path: "/admin/api/content/feed/none",
    status: 404,
    headers: operator,
  },
  {
    operation: "post /admin/api/content/{source}/pull",
    path: "/admin/api/content/feed/pull",
    status: 200,
    headers: operator,
  },
  {
    operation: "post /admin/api/content/{source}/pull",
    path: "/admin/api/content/none/pull",
    status: 404,
    headers: operator,
  },
];
