import { describe, expect, it } from "vitest";
import type { Protocol } from "#collect/protocols/protocol";
import { PROTOCOLS } from "#collect/protocols/registry";
import { compilePaths, OWN_PATHS, renameProblems } from "#core/paths";

const RENAMES = {
  "/events": "/e",
  "/doorstep.js": "/a.js",
  "/v1": "/x",
  "/v1/batch": "/bulk",
  "/com.snowplowanalytics.snowplow": "/s",
};

describe("a renamed path", () => {
  const paths = compilePaths(RENAMES, "");
  it.each([
    ["/e", "/events"],
    ["/a.js", "/doorstep.js"],
    ["/x/track", "/v1/track"],
    ["/x/projects/wk/settings", "/v1/projects/wk/settings"],
    ["/bulk", "/v1/batch"],
    ["/s/tp2", "/com.snowplowanalytics.snowplow/tp2"],
    ["/consent", "/consent"],
    ["/a-page-of-the-site", "/a-page-of-the-site"],
    ["/eve", "/eve"],
    ["/", "/"],
    ["", ""],
  ])("%s reaches %s", (asked, own) => {
    expect(paths.toOwn(asked)).toBe(own);
  });
  it.each(["/events", "/v1/track", "/v1", "/doorstep.js", "/com.snowplowanalytics.snowplow/tp2", "/events/"])(
    "%s is nobody's any longer: it matches no route",
    (asked) => {
      expect(paths.toOwn(asked)).toBe(`/${asked}`);
    },
  );
  it("is told to clients under its public name", () => {
    expect(["/v1", "/v1/batch", "/events", "/slots/hero"].map(paths.toPublic)).toEqual([
      "/x",
      "/bulk",
      "/e",
      "/slots/hero",
    ]);
  });
  it("lies below the base path", () => {
    const below = compilePaths(RENAMES, "/ds");
    expect(["/ds/e", "/ds/events", "/e", "/events"].map(below.toOwn)).toEqual([
      "/ds/events",
      "/ds//events",
      "/e",
      "/events",
    ]);
    expect(below.toPublic("/ds/v1/track")).toBe("/ds/x/track");
  });
  it("two may change places", () => {
    const swapped = { "/events": "/slots", "/slots": "/events" };
    expect(renameProblems(swapped)).toEqual({});
    const { toOwn } = compilePaths(swapped, "");
    expect(["/events/hero", "/slots"].map(toOwn)).toEqual(["/slots/hero", "/events"]);
  });
  it("without any, every path is as it was asked", () => {
    const { toOwn, toPublic } = compilePaths({}, "/ds");
    expect([toOwn("/ds/events"), toPublic("/ds/events")]).toEqual(["/ds/events", "/ds/events"]);
  });
});

describe("names that are refused", () => {
  it.each<[string, Record<string, string>, string, string]>([
    ["a path that is not ours", { "/event": "/e" }, "/event", "is not a public path"],
    ["the console", { "/admin": "/console" }, "/admin", "is not a public path"],
    ["the console's path for another", { "/events": "/admin/e" }, "/events", "the console's"],
    ["the GPC resource's", { "/events": "/.well-known/gpc.json" }, "/events", "a fixed address"],
    ["the GPC resource itself", { "/.well-known/gpc.json": "/gpc" }, "/.well-known/gpc.json", "is not"],
    ["no slash", { "/events": "e" }, "/events", 'a path is like "/a"'],
    ["nothing", { "/events": "" }, "/events", 'a path is like "/a"'],
    ["the root", { "/events": "/" }, "/events", 'a path is like "/a"'],
    ["a slash at the end", { "/events": "/e/" }, "/events", 'a path is like "/a"'],
    ["a query", { "/events": "/e?x=1" }, "/events", 'a path is like "/a"'],
    ["a step upwards", { "/events": "/a/../b" }, "/events", 'a path is like "/a"'],
    ["an encoded one", { "/events": "/%65" }, "/events", 'a path is like "/a"'],
    ["one name for two", { "/events": "/e", "/slots": "/e" }, "/slots", "/events goes by that"],
    ["a name below another", { "/v1": "/x", "/events": "/x/e" }, "/events", "/v1 goes by that"],
    ["another path of ours", { "/events": "/slots" }, "/events", "overlaps Doorstep's own /slots"],
    ["below another path of ours", { "/events": "/v1/e" }, "/events", "overlaps Doorstep's own /v1"],
    ["itself", { "/events": "/events" }, "/events", "overlaps the path itself"],
  ])("%s", (_title, renames, own, message) => {
    expect(renameProblems(renames)[own]).toContain(message);
  });
});

it("every route of every protocol can be renamed", () => {
  const routes = Object.values<Protocol>(PROTOCOLS).flatMap(({ routes }) => routes.map(({ path }) => path));
  // A path that begins with a parameter is Snowplow's `/:vendor/:version`.
  const fixed = routes.filter((path) => !path.startsWith("/:"));
  expect(
    fixed.filter((path) => !OWN_PATHS.some((own) => path === own || path.startsWith(`${own}/`))),
  ).toEqual([]);
});
