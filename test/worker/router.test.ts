/** Which of Hono's routers the app runs on: one path with a conflict would put every path on the slow one. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";

it("all routes fit the router that matches with one expression", () => {
  const app = createApp(env as unknown as Parameters<typeof createApp>[0]);
  app.router.match("POST", "/events");
  expect(app.router.name).toBe("SmartRouter + RegExpRouter");
});

// A second match sends a request through the chain of middleware, with a promise for each of its links.
it.each([
  ["POST", "/events"],
  ["POST", "/v1/t"],
  ["GET", "/slots/hero"],
  ["GET", "/consent"],
  ["PUT", "/consent"],
])("%s %s has one handler", (method, path) => {
  const app = createApp(env as unknown as Parameters<typeof createApp>[0]);
  expect(app.router.match(method, path)[0]).toHaveLength(1);
});
