/** Fronting: what the origin sees of a request, and what the visitor sees of its answer. */
import { describe, expect, it } from "vitest";
import { Problem } from "#core/problem";
import { asksForPage, asPersonal, frontOrigin, isPage } from "#slots/origin";

const PUBLIC = "https://shop.example";

async function front(
  init: RequestInit = {},
  answer = new Response("ok"),
  origin = "https://cms.internal",
  path = "/a?b=1&c=%20",
) {
  const seen: Request[] = [];
  const fetch = async (request: Request) => {
    seen.push(request);
    return answer;
  };
  const response = await frontOrigin(new Request(`${PUBLIC}${path}`, init), { origin, fetch });
  return { response, seen: seen[0] as Request };
}

describe("the origin", () => {
  it("sees method, path, query, headers and body as they came, and where they came to", async () => {
    const { seen } = await front({ method: "PUT", body: "a=1", headers: { "x-a": "1", range: "bytes=0-9" } });
    expect(seen.url).toBe("https://cms.internal/a?b=1&c=%20");
    expect(seen.method).toBe("PUT");
    expect(await seen.text()).toBe("a=1");
    expect(seen.redirect).toBe("manual");
    expect(Object.fromEntries(seen.headers)).toMatchObject({
      "x-a": "1",
      range: "bytes=0-9",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "https",
    });
  });

  it("does not see our cookies", async () => {
    const cookie = (value: string) =>
      front({ headers: { cookie: value } }).then(({ seen }) => seen.headers.get("cookie"));
    expect(await cookie("a=1; ds_id=x; ds_session=y; b=2=3; ds_consent=z")).toBe("a=1; b=2=3");
    expect(await cookie("ds_id=x; ds_theme=dark")).toBe("ds_theme=dark");
    expect(await cookie("ds_id=x;ds_session=y")).toBeNull();
    expect(await cookie("a; =b")).toBe("a; =b");
  });

  it("is asked for whole pages, since a kept one was another visitor's; other files may be validated", async () => {
    const headers = { "if-none-match": '"1"', "if-modified-since": "x" };
    const page = await front({ headers: { ...headers, accept: "text/html,*/*" } });
    expect(page.seen.headers.get("if-none-match")).toBeNull();
    const file = await front({ headers: { ...headers, accept: "image/webp,*/*" } });
    expect(file.seen.headers.get("if-none-match")).toBe('"1"');
  });

  it("may live under a path", async () => {
    const { seen } = await front({}, undefined, "https://cms.internal/site/");
    expect(seen.url).toBe("https://cms.internal/site/a?b=1&c=%20");
  });

  it("cannot be left by a path", async () => {
    expect((await front({}, undefined, undefined, "//evil.example/x")).seen.url).toBe(
      "https://cms.internal//evil.example/x",
    );
  });
});

describe("its answer", () => {
  it.each([200, 304, 404, 500, 503])("of status %i passes as it is", async (status) => {
    const answer = new Response(status === 304 ? null : "x", { status, headers: { etag: '"1"' } });
    expect((await front({}, answer)).response).toBe(answer);
  });

  it.each([
    ["https://cms.internal/login?x=1#y", undefined, "https://shop.example/login?x=1#y"],
    ["//cms.internal/login", undefined, "https://shop.example/login"],
    ["/login", undefined, "/login"],
    ["login", undefined, "login"],
    ["https://other.example/login", undefined, "https://other.example/login"],
    ["https://cms.internal/site/login", "https://cms.internal/site", "https://shop.example/login"],
    ["/site/login", "https://cms.internal/site", "https://shop.example/login"],
    ["/site", "https://cms.internal/site", "https://shop.example/"],
    ["/site//evil.example", "https://cms.internal/site", "https://shop.example//evil.example"],
    ["/elsewhere", "https://cms.internal/site", "/elsewhere"],
    ["https://[", undefined, "https://["],
  ])("redirects from %s (origin %s) to %s", async (location, origin, expected) => {
    const { response } = await front({}, new Response(null, { status: 302, headers: { location } }), origin);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(expected);
  });

  it("is a 502 with a code only where there is none", async () => {
    const fetch = () => Promise.reject(new TypeError("connection refused"));
    const error = await frontOrigin(new Request(PUBLIC), { origin: "https://cms.internal", fetch }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 502, code: "origin_unreachable" });
  });
});

describe("a page", () => {
  const html = { "content-type": "text/html; charset=utf-8" };
  const get = new Request(PUBLIC, { headers: { accept: "text/html" } });

  it("is a whole HTML answer to a GET that may be changed", () => {
    expect(isPage(get, new Response("", { headers: html }))).toBe(true);
    expect(isPage(get, new Response("", { headers: html, status: 206 }))).toBe(false);
    expect(isPage(get, new Response("", { headers: html, status: 404 }))).toBe(false);
    expect(isPage(get, new Response("", { headers: { "content-type": "text/htmlx" } }))).toBe(false);
    expect(isPage(get, new Response("", { headers: { ...html, "cache-control": "no-transform" } }))).toBe(
      false,
    );
    expect(isPage(new Request(PUBLIC, { method: "POST" }), new Response("", { headers: html }))).toBe(false);
    expect(asksForPage(get)).toBe(true);
    expect(asksForPage(new Request(PUBLIC))).toBe(false);
  });

  it("that is personal is for no cache and has no validator; the rest stays", () => {
    const headers = {
      ...html,
      etag: "1",
      "last-modified": "x",
      "content-length": "9",
      vary: "accept-encoding",
      "cache-control": "public, max-age=60",
      "cdn-cache-control": "max-age=60",
      "cloudflare-cdn-cache-control": "max-age=60",
      "surrogate-control": "max-age=60",
      "x-accel-expires": "60",
      "edge-control": "cache-maxage=60",
      "x-a": "1",
    };
    const personal = asPersonal(new Response("x", { headers }));
    expect(Object.fromEntries(personal.headers)).toEqual({
      ...html,
      vary: "accept-encoding",
      "x-a": "1",
      "cache-control": "private, no-store",
    });
  });
});
