/** The page's shell and its build: locked down, and small. */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleConsole } from "../../../scripts/build-console.ts";
import { consolePage } from "../../../src/console/page.ts";

const PAGE = new URL("../../../src/console/page/", import.meta.url);

const NONCE = "bm9uY2Utb2YtdGVzdHM";
const page = (basePath = "", behindAccess = false) => consolePage(basePath, NONCE, behindAccess);

describe("the shell", () => {
  it("runs and shows nothing but what carries the nonce of this answer, and talks to its own API alone", () => {
    const policy = page().headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src 'nonce-${NONCE}'`,
      `style-src 'nonce-${NONCE}'`,
      "connect-src 'self'",
      "img-src data:",
      "frame-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
  });

  it("is never kept, sniffed, shared with another origin, or named as a referrer", () => {
    const { headers } = page();
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  it("loads its files below the base path and has no inline script or style", async () => {
    const html = await page("/ds").text();
    expect(html).toContain(`<script type="module" nonce="${NONCE}" src="/ds/admin/console.js">`);
    expect(html).toContain(`<link rel="stylesheet" nonce="${NONCE}" href="/ds/admin/console.css">`);
    expect(html).not.toMatch(/<style|style=|<script(?! type="module" nonce=)| on\w+=/);
  });

  it("offers to come in without a token only where Cloudflare Access stands before it", async () => {
    expect(await page("", true).text()).toContain('name="doorstep-access"');
    expect(await page("", false).text()).not.toContain("doorstep-access");
  });
});

describe("the page's code", () => {
  it("never makes markup of text", async () => {
    const files = (await readdir(PAGE, { recursive: true })).filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) {
      const source = await readFile(new URL(file, PAGE), "utf8");
      expect(source, file).not.toMatch(
        /\.(innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|DOMParser/,
      );
    }
  });

  it("builds into a small script, a part for what is seldom seen, and one style, without outside addresses", async () => {
    const { script, style, parts } = await bundleConsole();
    const first = [
      script,
      ...Object.keys(parts)
        .filter((name) => script.includes(`from"./${name}"`))
        .map((name) => parts[name] ?? ""),
    ];
    const sizes = [first.join(""), ...Object.values(parts)].map((text) => gzipSync(text).length);
    // What comes with the page is its own code and the words that it shares with the API; the pages of destinations come when
    // they are first shown. What is far larger carries something that is no page's: a schema library, or the Worker.
    expect(first.length).toBeLessThan(Object.keys(parts).length + 1);
    expect(sizes[0]).toBeLessThan(48_000);
    for (const size of sizes.slice(1)) expect(size).toBeLessThan(12_000);
    expect(gzipSync(style).length).toBeLessThan(9_500);
    const whole = [script, ...Object.values(parts)].join("");
    expect(whole.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
    expect(style).not.toMatch(/url\(|@import/);
  });
});
