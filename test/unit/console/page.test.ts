/** The page's shell and its build: locked down, and small. */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleConsole } from "../../../scripts/build-console.ts";
import { consolePage } from "../../../src/console/page.ts";

const PAGE = new URL("../../../src/console/page/", import.meta.url);

describe("the shell", () => {
  it("allows nothing but its own script, style and API", () => {
    const policy = consolePage("").headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(policy).not.toContain("unsafe");
  });

  it("is never kept, sniffed, or named as a referrer", () => {
    const { headers } = consolePage("");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("loads its files below the base path and has no inline script or style", async () => {
    const html = await consolePage("/ds").text();
    expect(html).toContain('src="/ds/admin/console.js"');
    expect(html).toContain('href="/ds/admin/console.css"');
    expect(html).not.toMatch(/<style|style=|<script(?! type="module" src=)| on\w+=/);
  });
});

describe("the page's code", () => {
  it("never makes markup of text", async () => {
    const files = (await readdir(PAGE)).filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const source = await readFile(new URL(file, PAGE), "utf8");
      expect(source, file).not.toMatch(
        /\.(innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|DOMParser/,
      );
    }
  });

  it("builds into one small script and one style without outside addresses", async () => {
    const { script, style } = await bundleConsole();
    expect(gzipSync(script).length).toBeLessThan(18_000);
    expect(gzipSync(style).length).toBeLessThan(6_000);
    expect(script.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
    expect(style).not.toMatch(/url\(|@import/);
  });
});
