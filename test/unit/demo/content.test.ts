/** What the demo gives Doorstep to show: the site's own feed, and a WordPress. */
import { beforeEach, expect, it } from "vitest";
import { WORDPRESS_CREDENTIAL } from "../../../demo/sandbox/wordpress/wordpress.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

it("lists the editors' pick in two languages, and says when nothing has changed", async () => {
  const feed = await demo.get("/feed/blocks.json");
  const [pick] = (await feed.json()) as { id: string; html: string }[];
  expect(pick).toMatchObject({ id: "editors-pick", html: expect.stringContaining('href="/articles/') });
  const slovak = (await (await demo.get("/feed/blocks.sk.json")).json()) as { html: string }[];
  expect(slovak[0]?.html).toContain("Výber redakcie");
  const again = await demo.get("/feed/blocks.json", { "if-none-match": feed.headers.get("etag") ?? "" });
  expect(again.status).toBe(304);
  expect((await demo.get("/feed/blocks.xx.json")).status).toBe(404);
});

const WP = "/wordpress/wp-json/wp/v2/posts";
const editor = { authorization: `Basic ${btoa(WORDPRESS_CREDENTIAL)}` };
const edit = (path: string, method: string, body?: unknown) =>
  demo.call(path, { method, headers: { ...editor, "content-type": "application/json" }, body });

it("shows published posts to anybody, and drafts to the editor alone", async () => {
  const open = await demo.get(`${WP}?lang=en&_fields=id,status`);
  expect(open.headers.get("x-wp-totalpages")).toBe("1");
  expect(await open.json()).toEqual([{ id: 11, status: "publish" }]);
  expect((await demo.get(`${WP}?status=draft`)).status).toBe(401);
  expect((await demo.get(WP, { authorization: `Basic ${btoa("editor:wrong")}` })).status).toBe(401);
  const drafts = await demo.get(`${WP}?status=draft&_fields=id`, editor);
  expect(await drafts.json()).toEqual([{ id: 13 }]);
});

it("is edited as WordPress is, and pages what has changed since", async () => {
  expect((await edit(`${WP}/13`, "POST", { status: "publish" })).status).toBe(200);
  expect((await edit(`${WP}/11`, "DELETE")).status).toBe(200);
  const since = encodeURIComponent("2026-11-10T00:00:00Z");
  const changed = await demo.get(
    `${WP}?status=publish,trash&modified_after=${since}&_fields=id,status`,
    editor,
  );
  const posts = (await changed.json()) as { id: number; status: string }[];
  // Both in one second, perhaps.
  expect(posts.map(({ id, status }) => `${id} ${status}`).sort()).toEqual(["11 trash", "13 publish"]);
  expect((await demo.get(`${WP}?per_page=1&page=9`)).status).toBe(400);
});
