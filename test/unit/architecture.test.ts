/** The import table and the rule of pure files, on every source file; and the proof that both rules can fail. */
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wrongDirections } from "../setup/architecture/direction.ts";
import { impurities } from "../setup/architecture/purity.ts";
import {
  listSources,
  parseSource,
  ROOT,
  readSource,
  resolveImport,
} from "../setup/architecture/source-files.ts";

const files = listSources(["src", "contracts"]).map(readSource);

describe("the sources", () => {
  it("are all seen", () => {
    const onDisk = globSync(["src/**/*.ts", "contracts/**/*.ts"], { cwd: ROOT }).filter(
      (file) => !file.endsWith(".d.ts"),
    );
    expect(files.map((file) => file.path)).toEqual(onDisk.map((file) => file.replaceAll("\\", "/")).sort());
    expect(files.length).toBeGreaterThan(50);
    expect(files.reduce((sum, file) => sum + file.imports.length, 0)).toBeGreaterThan(files.length);
  });

  it("import only files that exist", () => {
    const missing = files.flatMap((file) =>
      file.imports
        .map(({ specifier }) => resolveImport(file.path, specifier))
        .filter((target) => target !== undefined && !existsSync(join(ROOT, target)))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it("import only from their own folder and from those to their left", () => {
    expect(files.flatMap(wrongDirections)).toEqual([]);
  });

  it("are pure but at the edges", () => {
    expect(files.flatMap(impurities)).toEqual([]);
  });
});

const directions = (path: string, text: string) => wrongDirections(parseSource(path, text));
const uses = (path: string, text: string) => impurities(parseSource(path, text));

describe("the import rule", () => {
  it.each([
    ["src/core/a.ts", 'import { x } from "#door/context";'],
    ["src/core/a.ts", 'import type { X } from "#door/context";'],
    ["src/core/a.ts", 'export { x } from "../door/context.ts";'],
    ["src/core/a.ts", 'export * from "#door/context";'],
    ["src/core/a.ts", 'export const x = () => import("#door/context");'],
    ["src/slots/a.ts", 'import { x } from "#forward/route";'],
    ["src/forward/a.ts", 'import { x } from "#collect/accept";'],
    ["src/ingest/a.ts", 'import { x } from "../subjects/erase.ts";'],
    ["src/console/a.ts", 'import { createApp } from "../app.ts";'],
    ["src/door/a.ts", 'import { readSettings } from "../env.ts";'],
    ["src/env.ts", 'import { x } from "#lake/live-tail";'],
    ["src/browser/a.ts", 'import { PURPOSES } from "#contracts/taxonomy";'],
    ["src/browser/a.ts", 'import { type Purpose, PURPOSES } from "#contracts/taxonomy";'],
    ["src/slots/a.ts", 'import { x } from "../browser/slots.ts";'],
    ["contracts/a.ts", 'import { x } from "../src/core/clock.ts";'],
    ["contracts/a.ts", 'import type { Clock } from "#core/clock";'],
    ["contracts/a.ts", 'import { Hono } from "hono";'],
    ["src/unheard/a.ts", 'import { x } from "#core/clock";'],
  ])("refuses, in %s, %s", (path, text) => {
    expect(directions(path, text)).toHaveLength(1);
  });

  it.each([
    [
      "src/door/a.ts",
      'import { x } from "#core/clock"; import { y } from "#contracts/event"; import * as z from "zod";',
    ],
    ["src/door/a.ts", 'import type { Env } from "../env.ts"; import { b } from "./b.ts";'],
    [
      "src/forward/destinations/ga4/map.ts",
      'import { x } from "../../item-id.ts"; import { y } from "#segments/features";',
    ],
    ["src/browser/a.ts", 'import type { Purpose } from "#contracts/taxonomy"; import { b } from "./b.ts";'],
    ["src/browser/a.ts", 'import { type Purpose } from "#contracts/taxonomy";'],
    ["src/worker.ts", 'import { createApp } from "./app.ts"; import { readSettings } from "./env.ts";'],
    ["contracts/events/a.ts", 'import * as z from "zod"; import { x } from "../event.ts";'],
  ])("allows, in %s, %s", (path, text) => {
    expect(directions(path, text)).toEqual([]);
  });
});

describe("the rule of pure files", () => {
  it.each([
    "export const now = () => Date.now();",
    "export const clock = Date.now;",
    'export const now = () => Date["now"]();',
    "export const now = () => new Date();",
    "export const now = () => Date();",
    "export const roll = () => Math.random();",
    "export const id = () => crypto.randomUUID();",
    "export const id = () => globalThis.crypto.randomUUID();",
    "export const bytes = () => crypto.getRandomValues(new Uint8Array(8));",
    'export const get = () => fetch("https://example.com");',
    'export const get = () => globalThis.fetch("https://example.com");',
    "export const get = (send = fetch) => send;",
    "export const deps = { fetch };",
    "export function a(fetch: () => void) { fetch(); } export const b = () => fetch();",
  ])("refuses %s", (text) => {
    expect(uses("src/forward/map.ts", text)).toHaveLength(1);
  });

  it.each([
    "export const at = (ms: number) => new Date(ms).toISOString();",
    "export const get = (fetch: () => void) => fetch();",
    "export const get = ({ fetch }: { fetch: () => void }) => fetch();",
    "export function get({ fetch = other }: Deps) { const again = () => fetch(); return again; }",
    "export const get = (deps: Deps) => deps.fetch();",
    "export interface Deps { fetch: typeof fetch }",
    "export const handler = { fetch: () => 1 };",
    "export const handler = { fetch() { return 1; } };",
    "export const draw = (crypto: Drawer) => crypto.randomUUID();",
    'export const digest = (data: Uint8Array) => crypto.subtle.digest("SHA-256", data);',
  ])("allows %s", (text) => {
    expect(uses("src/forward/map.ts", text)).toEqual([]);
  });

  it("lets the edges have clock, randomness and fetch, and privacy and door random bytes", () => {
    const all =
      "export const all = () => [Date.now(), new Date(), Math.random(), crypto.randomUUID(), fetch];";
    for (const path of [
      "src/slots/routes.ts",
      "src/lake/store.ts",
      "src/forward/destination-object.ts",
      "src/app.ts",
    ]) {
      expect(uses(path, all)).toEqual([]);
    }
    const bytes = "export const bytes = () => crypto.getRandomValues(new Uint8Array(8));";
    expect(uses("src/privacy/seal.ts", bytes)).toEqual([]);
    expect(uses("src/door/visitor.ts", bytes)).toEqual([]);
    expect(uses("src/slots/decide.ts", bytes)).toHaveLength(1);
  });
});
