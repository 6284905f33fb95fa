/** KV keeps a release as the Worker's schemas have read it, so that isolates need not read it by them again. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";
import { copyToKv } from "#release/publish";
import { isOfThisShape, readDocument } from "#release/store";
import { RELEASE } from "../product.ts";
import { api, clear } from "./desk.ts";

beforeEach(async () => {
  await clear();
  await api("POST", "/releases", { document: RELEASE, note: "" });
});

const HELD = "release:1";
const stored = () => env.EDGE.getWithMetadata<unknown, object>(HELD, "json");

it("has all that the schemas add, and says by which it was read", async () => {
  const { value, metadata } = await stored();
  expect(value).toEqual(JSON.parse(JSON.stringify(releaseSchema.parse(RELEASE))));
  expect(metadata).toEqual({ shape: RELEASE_SHAPE });
  expect(await isOfThisShape(env.EDGE, 1)).toBe(true);
  expect(await readDocument(env.EDGE, 1)).toEqual(value);
});

it("is taken as it is where these schemas have read it, and read where others have, or nobody", async () => {
  // What shows it: to be read, it would have to be a release.
  const other = JSON.stringify({ seen: true });
  await env.EDGE.put(HELD, other, { metadata: { shape: RELEASE_SHAPE } });
  expect(await readDocument(env.EDGE, 1)).toEqual({ seen: true });
  for (const metadata of [{ shape: "0000" }, { shape: RELEASE_SHAPE, unread: true }, null]) {
    await env.EDGE.put(HELD, other, { metadata });
    await expect(readDocument(env.EDGE, 1), JSON.stringify(metadata)).rejects.toThrow(/policy/);
  }
  const given = JSON.stringify(RELEASE);
  await env.EDGE.put(HELD, given);
  expect(await readDocument(env.EDGE, 1)).toEqual(releaseSchema.parse(RELEASE));
});

it("stays as it is where it cannot be read any more, and says so to whoever reads it", async () => {
  await env.IDENTITY_0.prepare("UPDATE releases SET document = ?1").bind('{"of":"before"}').run();
  await copyToKv({ db: env.IDENTITY_0, kv: env.EDGE });
  const { value, metadata } = await stored();
  expect(value).toEqual({ of: "before" });
  expect(metadata).toEqual({ shape: RELEASE_SHAPE, unread: true });
  await expect(readDocument(env.EDGE, 1)).rejects.toThrow(/policy/);
});
