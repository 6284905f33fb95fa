/** Where events may come in: nowhere else is collection asked, so every route of every protocol must be there. */
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { COLLECT_PATHS, isVendorPath } from "#collect/paths";
import type { Protocol } from "#collect/protocols/protocol";
import { PROTOCOLS } from "#collect/protocols/registry";

const app = new Hono();
for (const path of COLLECT_PATHS) app.all(path, (c) => c.text("collected"));
const isCollected = async (method: string, path: string): Promise<boolean> =>
  isVendorPath(method, path) || (await app.request(path, { method })).ok;

/** A path that the route takes. */
const exampleOf = (path: string): string =>
  path.replace(/^\/:vendor\{[^}]*\}/, "/com.acme").replaceAll(/:\w+/g, "x1");

const ROUTES = Object.values<Protocol>(PROTOCOLS).flatMap(({ name, routes }) =>
  routes.map(({ method, path }) => ({ name, method, path: exampleOf(path) })),
);

describe("events may come in", () => {
  it.each(ROUTES)("by $name: $method $path", async ({ method, path }) => {
    expect(await isCollected(method, path)).toBe(true);
    if (method === "POST") expect(await isCollected("OPTIONS", path)).toBe(true);
  });

  it.each([
    ["GET", "/"],
    ["GET", "/events.html"],
    ["GET", "/guide/snow"],
    ["GET", "/slots/hero"],
    ["POST", "/consent"],
    ["POST", "/contact/send"],
    ["GET", "/assets/site.v2.css"],
    ["GET", "/com.acme/tp2"],
    ["POST", "/com.acme"],
    ["POST", "/com.acme/tp2/more"],
  ])("but not by %s %s", async (method, path) => {
    expect(await isCollected(method, path)).toBe(false);
  });
});
