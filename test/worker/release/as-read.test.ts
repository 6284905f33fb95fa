/** KV keeps a release as the Worker's schemas have read it, so that isolates need not read it by them again. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";
import { copyToKv } from "#release/publish";
import { isSeen, readDocument } from "#release/store";
import { RELEASE } from "../product.ts";
import { api, clear } from "./desk.ts";

beforeEach(async () => {
  await clear();
  await api("POST", "/releases", { document: RELEASE, note: "" });
});

const GIVEN = "release:1";
const AS_READ = `release:1:${RELEASE_SHAPE}`;

it("has all that the schemas add, and lies beside what was published", async () => {
  const asRead = await env.EDGE.get(AS_READ, "json");
  expect(asRead).toEqual(JSON.parse(JSON.stringify(releaseSchema.parse(RELEASE))));
  expect(await isSeen(env.EDGE, 1)).toBe(true);
  expect(await readDocument(env.EDGE, 1)).toEqual(asRead);
  expect(releaseSchema.parse(await env.EDGE.get(GIVEN, "json"))).toEqual(asRead);
});

it("is taken as it is, and where it is not there the document is read", async () => {
  // What shows it: to be read, it would have to be a release.
  await env.EDGE.put(AS_READ, JSON.stringify({ seen: true }));
  expect(await readDocument(env.EDGE, 1)).toEqual({ seen: true });
  await env.EDGE.delete(AS_READ);
  expect(await isSeen(env.EDGE, 1)).toBe(false);
  await env.EDGE.put(GIVEN, JSON.stringify(RELEASE));
  expect(await readDocument(env.EDGE, 1)).toEqual(releaseSchema.parse(RELEASE));
});

it("is nothing where the document cannot be read any more, and who reads that is told why", async () => {
  await env.IDENTITY_0.prepare("UPDATE releases SET document = ?1").bind('{"of":"before"}').run();
  await copyToKv({ db: env.IDENTITY_0, kv: env.EDGE });
  expect(await env.EDGE.get(GIVEN)).toBe('{"of":"before"}');
  expect(await isSeen(env.EDGE, 1)).toBe(true);
  await expect(readDocument(env.EDGE, 1)).rejects.toThrow(/policy/);
});
