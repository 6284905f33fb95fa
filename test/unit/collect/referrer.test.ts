/** Referrers: the class and the name of where a visitor came from. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostOf, referrerOf } from "#collect/enrich/referrer";
import { SITES } from "#collect/enrich/referrers";
import { REFERRER_CLASSES } from "#contracts/taxonomy";

const PAGE = "https://www.shop.example/winter?x=1";

describe("the class of a referrer", () => {
  it.each([
    ["https://www.google.com/", "search", "Google"],
    ["https://www.google.co.uk/search?q=skis", "search", "Google"],
    ["https://google.sk", "search", "Google"],
    ["android-app://com.google.android.googlequicksearchbox/", "search", "Google"],
    ["https://r.search.yahoo.com/_ylt=A", "search", "Yahoo"],
    ["https://yandex.com.tr/search", "search", "Yandex"],
    ["https://search.seznam.cz/?q=a", "search", "Seznam"],
    ["https://chatgpt.com/", "ai_assistant", "ChatGPT"],
    ["https://chat.openai.com/c/1", "ai_assistant", "ChatGPT"],
    ["https://www.perplexity.ai/search/x", "ai_assistant", "Perplexity"],
    ["https://gemini.google.com/app", "ai_assistant", "Gemini"],
    ["https://claude.ai/chat/1", "ai_assistant", "Claude"],
    ["https://copilot.microsoft.com/", "ai_assistant", "Copilot"],
    ["https://l.facebook.com/l.php?u=1", "social", "Facebook"],
    ["https://t.co/abc", "social", "X"],
    ["https://www.pinterest.de/pin/1", "social", "Pinterest"],
    ["https://www.linkedin.com/feed", "social", "LinkedIn"],
    ["https://mail.google.com/mail/u/0", "email", "Gmail"],
    ["android-app://com.google.android.gm/", "email", "Gmail"],
    ["https://eu.mail.yahoo.com/d", "email", "Yahoo Mail"],
    ["https://googleads.g.doubleclick.net/pagead", "paid", "Google Ads"],
    ["https://accounts.google.com/signin", "other", "Google"],
  ])("%s is %s by %s", (referrer, kind, name) => {
    expect(referrerOf(referrer, PAGE)).toEqual({ class: kind, name });
  });

  it.each([
    ["", "direct"],
    [undefined, "direct"],
    ["https://www.shop.example/other", "internal"],
    ["https://SHOP.example:8443/a", "internal"],
    ["https://blog.shop.example/a", "internal"],
    ["https://other.example/www.shop.example", "other"],
    ["https://notshop.example/", "other"],
    ["https://google.com.evil.example/", "other"],
    ["https://google.shop/", "other"],
    ["https://notgoogle.com/", "other"],
    ["https://evil.example/?https://google.com/", "other"],
    ["https://evil.example#@google.com/", "other"],
    ["https://google.com@evil.example/", "other"],
    ["nonsense", "other"],
    ["://", "other"],
    ["/path", "other"],
  ])("%s is %s, and has no name", (referrer, kind) => {
    expect(referrerOf(referrer, PAGE)).toEqual({ class: kind });
  });

  it.each([
    ["https://www.shop.co.uk/", "https://news.shop.co.uk/", "internal"],
    ["https://mine.co.uk/", "https://other.co.uk/", "other"],
    ["https://www.abc.de/", "https://shop.abc.de/", "internal"],
    ["https://mine.pages.dev/", "https://other.pages.dev/", "other"],
    ["https://a.mine.pages.dev/", "https://b.mine.pages.dev/", "internal"],
    ["http://10.0.0.1/", "http://20.0.0.1/", "other"],
    ["http://10.0.0.1:80/", "http://10.0.0.1:8080/", "internal"],
    ["http://[::1]:80/", "http://[::2]:80/", "other"],
    ["http://localhost:1/", "http://localhost:2/", "internal"],
  ])("between the page %s and %s it is %s", (page, referrer, kind) => {
    expect(referrerOf(referrer, page).class).toBe(kind);
  });

  it("every listed host is of its own class", () => {
    for (const [kind, sites] of Object.entries(SITES)) {
      for (const [name, hosts] of Object.entries(sites)) {
        for (const host of hosts.split(" "))
          expect(referrerOf(`https://${host.replace(/\*$/, "fr")}/`, PAGE)).toEqual({ class: kind, name });
      }
    }
  });

  it("takes any two texts, and finds the hosts that URL finds", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (referrer, page) => {
        expect(REFERRER_CLASSES).toContain(referrerOf(referrer, page).class);
      }),
    );
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(hostOf(url)).toBe(new URL(url).hostname);
      }),
    );
  });
});
