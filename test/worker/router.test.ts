/** Which of Hono's routers the app runs on: one path with a conflict would put every path on the slow one. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";

it("all routes fit the router that matches with one expression", () => {
  const app = createApp(env as unknown as Parameters<typeof createApp>[0]);
  app.router.match("POST", "/events");
  expect(app.router.name).toBe("SmartRouter + RegExpRouter");
});
