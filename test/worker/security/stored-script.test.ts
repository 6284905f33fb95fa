/** What a release carries to visitors' pages, from the publication to the answer: nothing of it runs. */
import { describe, expect, it } from "vitest";
import { publishRelease, RELEASE, request } from "../product.ts";

const HTML = { headers: { accept: "text/html" } };
/** Ways into a page that need no tag of their own, by kind. test/unit/slots/sanitize.test.ts has 70 more. */
const HOSTILE = [
  '<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
  '<img src=x onerror="alert(1)" style="background:url(javascript:alert(1))">',
  '<div style="width:expression(alert(1))" srcdoc="<script>alert(1)</script>">x</div>',
  "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "</div></main><script>alert(1)</script>",
  '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
  '<p data-doorstep-slot="hero" data-x="&quot; onmouseover=&quot;alert(1)">x</p>',
];
const DANGER =
  /<script|<iframe|<object|<svg|<math|<style|\son[a-z]+\s*=|javascript:|expression\(|srcdoc|data:text/i;

const document = (html: string) => ({
  ...RELEASE,
  slots: { hero: { fallback: "bad" }, teaser: { kind: "json", fallback: "data" } },
  content: { bad: { html }, data: { data: { title: html, "<b>": html } } },
});

describe("hostile content of a slot", () => {
  it.each(HOSTILE)("does nothing as a fragment: %s", async (html) => {
    await publishRelease(document(html));
    const response = await request("/slots/hero", HTML);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    // Should anything have got through, then not where somebody is led to the fragment's own address.
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const text = await response.text();
    expect(text.replace(/="[^"]*"/g, (value) => value.replace(/on[a-z]+=/gi, ""))).not.toMatch(DANGER);
  });

  it.each(HOSTILE)("as JSON is text, of a type that no browser takes for a page: %s", async (html) => {
    await publishRelease(document(html));
    for (const path of ["/slots/teaser", "/slots/hero"]) {
      const response = await request(path, { headers: { accept: "application/json" } });
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      await response.body?.cancel();
    }
    const teaser = (await (await request("/slots/teaser")).json()) as { content: { data: unknown } };
    // Data is the page's to show: it comes as it was written, and the browser script never makes markup of it.
    expect(teaser.content.data).toEqual({ title: html, "<b>": html });
  });
});

describe("names in a release stand in attributes and headers", () => {
  it.each(['"><script>', "a b", "a\nb", "A", "-a", "x".repeat(65), "é", ""])(
    "and are letters, digits, - and _: %j",
    async (name) => {
      const base = document("<p>x</p>");
      const wrong = [
        { ...base, slots: { ...base.slots, [name]: {} } },
        { ...base, offers: { [name]: { slot: "hero", content: "bad" } } },
        { ...base, content: { ...base.content, [name]: { html: "<p>x</p>" } } },
      ];
      for (const one of wrong) await expect(publishRelease(one)).rejects.toThrow("publish: 422");
    },
  );
});

it("what a request says comes back as text: an unknown slot's name runs nowhere", async () => {
  const response = await request(`/slots/${encodeURIComponent("<script>alert(1)</script>")}`, HTML);
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
});
