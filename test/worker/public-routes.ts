/** The public routes of the Worker, of those parts too that it loads with the first request for them. */
import type { Protocol } from "#collect/protocols/protocol";
import { PROTOCOLS } from "#collect/protocols/registry";
import { createApp } from "../../src/app.ts";
import { consentsRoutes } from "../../src/consents.ts";
import { type Env, requireSettings } from "../../src/env.ts";
import { rightsRoutes } from "../../src/rights.ts";
import { sharedOf } from "../../src/shared.ts";

/** A middleware's method, and that of a part that is loaded later, is `ALL`. */
export function publicRoutes(env: Env): { method: string; path: string }[] {
  const shared = sharedOf(env, requireSettings(env));
  const collected = Object.values<Protocol>(PROTOCOLS)
    .flatMap(({ routes }) => routes)
    .flatMap((route) => (route.method === "POST" ? [route, { ...route, method: "OPTIONS" }] : [route]));
  const apps = [createApp(env), consentsRoutes(shared), rightsRoutes(shared)];
  return [...apps.flatMap(({ routes }) => routes), ...collected];
}
