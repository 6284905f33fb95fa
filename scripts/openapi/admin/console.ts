/** The console's page and its files. They hold no data, so they need no token. */
import * as z from "zod";
import type { Group, Operation } from "../description.ts";
import { OPEN } from "../security.ts";

const file = (id: string, summary: string, type: string): Operation => ({
  id,
  summary,
  security: OPEN,
  answers: { 200: { description: "A static file.", text: { [type]: "…" } } },
});

export const consolePages: Group = {
  tag: "console",
  description: "The operator's page.",
  requests: {},
  answers: { OpenApi: z.looseObject({ openapi: z.string() }) },
  paths: {
    "/admin": { get: file("getConsole", "The console", "text/html") },
    "/admin/console.js": { get: file("getConsoleScript", "Its script", "text/javascript") },
    "/admin/parts/{part}": {
      get: {
        ...file("getConsolePart", "A part of its script, loaded when it is first needed", "text/javascript"),
        parameters: [
          {
            name: "part",
            in: "path",
            description: "`console-<hash>.js`, as the script names it.",
            schema: { type: "string", pattern: "^console-[0-9A-Z]+\\.js$" },
          },
        ],
      },
    },
    "/admin/console.css": { get: file("getConsoleStyle", "Its style", "text/css") },
    "/admin/openapi.json": {
      get: {
        id: "getAdminOpenApi",
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
