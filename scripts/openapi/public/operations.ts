/** What machines ask besides data: liveness, readiness, GPC support, the browser script, this description. */
import * as z from "zod";
import type { Readiness } from "../../../src/door/health.ts";
import type { Group } from "../description.ts";
import { OPEN } from "../security.ts";

const readinessSchema = z.object({
  ready: z.boolean(),
  checks: z
    .record(z.string(), z.string())
    .meta({ description: "Dependency to `ok`, or what is wrong with it." }),
}) satisfies z.ZodType<Readiness>;

export const operations: Group = {
  tag: "operations",
  description: "Health and static files.",
  requests: {},
  answers: {
    Liveness: z.object({ status: z.literal("alive") }),
    Readiness: readinessSchema,
    GpcSupport: z.object({ gpc: z.literal(true), lastUpdate: z.iso.date() }),
    OpenApi: z.looseObject({ openapi: z.string() }),
  },
  paths: {
    "/health": {
      get: {
        id: "getHealth",
        summary: "Liveness",
        description: "Also of a Worker that is not configured.",
        security: OPEN,
        answers: {
          200: {
            description: "The Worker runs.",
            json: { schema: "Liveness", examples: { Alive: { status: "alive" } } },
          },
        },
      },
    },
    "/ready": {
      get: {
        id: "getReady",
        summary: "Readiness, by dependency",
        security: OPEN,
        answers: {
          200: {
            description: "All dependencies answer.",
            json: {
              schema: "Readiness",
              examples: { Ready: { ready: true, checks: { d1: "ok", kv: "ok", keys: "ok" } } },
            },
          },
          503: {
            description: "One of them does not.",
            json: {
              schema: "Readiness",
              examples: {
                "D1 is away": { ready: false, checks: { d1: "failed", kv: "ok", keys: "failed" } },
              },
            },
          },
        },
      },
    },
    "/.well-known/gpc.json": {
      get: {
        id: "getGpcSupport",
        summary: "Global Privacy Control support resource",
        description: "https://privacycg.github.io/gpc-spec/#gpc-support-resource",
        security: OPEN,
        answers: {
          200: {
            description: "GPC is honoured.",
            json: { schema: "GpcSupport", examples: { Honoured: { gpc: true, lastUpdate: "2026-11-22" } } },
          },
        },
      },
    },
    "/doorstep.js": {
      get: {
        id: "getBrowserScript",
        summary: "The browser script",
        security: OPEN,
        answers: { 200: { description: "A script.", text: { "text/javascript": "…" } } },
      },
    },
    "/doorstep-more.js": {
      get: {
        id: "getBrowserScriptMore",
        summary: "What the browser script loads on use",
        security: OPEN,
        answers: { 200: { description: "A module.", text: { "text/javascript": "…" } } },
      },
    },
    "/doorstep-slots.js": {
      get: {
        id: "getSlotsScript",
        summary: "The script of cached pages with slots",
        security: OPEN,
        answers: { 200: { description: "A script.", text: { "text/javascript": "…" } } },
      },
    },
    "/doorstep-slots.d.ts": {
      get: {
        id: "getSlotsScriptTypes",
        summary: "TypeScript's view of the script of cached pages",
        security: OPEN,
        answers: { 200: { description: "Declarations.", text: { "text/plain": "…" } } },
      },
    },
    "/doorstep-preview.js": {
      get: {
        id: "getPreviewScript",
        summary: "The bar of a preview's pages",
        security: OPEN,
        answers: { 200: { description: "A script.", text: { "text/javascript": "…" } } },
      },
    },
    "/doorstep.d.ts": {
      get: {
        id: "getBrowserScriptTypes",
        summary: "TypeScript's view of the browser script",
        security: OPEN,
        answers: { 200: { description: "Declarations.", text: { "text/plain": "…" } } },
      },
    },
    "/openapi.json": {
      get: {
        id: "getOpenApi",
        summary: "This document",
        security: OPEN,
        answers: {
          200: {
            description: "OpenAPI 3.1.",
            json: { schema: "OpenApi", examples: { Cut: { openapi: "3.1.1" } } },
          },
        },
      },
    },
  },
};
