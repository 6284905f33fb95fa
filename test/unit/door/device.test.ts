/** Devices: classes and families from the user agent and client hints, and which bots there are. */
import { describe, expect, it } from "vitest";
import { deviceOf } from "#door/device";

const chrome = (platform: string, rest = "") =>
  `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 ${rest}Safari/537.36`;
const brands = (brand: string) => `"Not/A)Brand";v="8", "Chromium";v="154", "${brand}";v="154"`;
/** A request's headers, and which of them were read. */
function headers(values: Record<string, string>) {
  const asked: string[] = [];
  const read = (name: string) => {
    asked.push(name);
    return values[name] ?? null;
  };
  return { read, asked };
}

describe("the user agent", () => {
  it.each<[string, string, object]>([
    [
      "reduced, Windows",
      chrome("Windows NT 10.0; Win64; x64"),
      { type: "desktop", os: "Windows", browser: "Chrome 154" },
    ],
    [
      "reduced, Android phone",
      chrome("Linux; Android 10; K", "Mobile "),
      { type: "mobile", os: "Android", browser: "Chrome 154" },
    ],
    [
      "reduced, Android tablet",
      chrome("Linux; Android 10; K"),
      { type: "tablet", os: "Android", browser: "Chrome 154" },
    ],
    ["ChromeOS", chrome("X11; CrOS x86_64 14541.0.0"), { type: "desktop", os: "Chromium OS" }],
    [
      "iPhone",
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
      { type: "mobile", os: "iOS", browser: "Mobile Safari 26" },
    ],
    [
      "Firefox",
      "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
      { type: "desktop", os: "Linux", browser: "Firefox 144" },
    ],
    ["a television set is no desktop", chrome("Linux; Android 12; BRAVIA 4K"), { type: "other" }],
    [
      "a console is no desktop",
      "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
      { type: "other" },
    ],
    [
      "an Android app's own",
      "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)",
      { type: "mobile", os: "Android" },
    ],
  ])("%s", (_title, userAgent, device) => {
    expect(deviceOf(userAgent)).toMatchObject({ ...device, bot: false });
    expect(deviceOf(userAgent).agent).toBeUndefined();
  });

  it.each([null, "", "\u0000", "x".repeat(100_000), "(".repeat(600), "Mozilla/5.0 (((((;;;;"])(
    "hostile or absent: %j is of unknown type",
    (userAgent) => {
      expect(deviceOf(userAgent)).toMatchObject({ type: "other" });
    },
  );
});

describe("client hints", () => {
  it.each([
    ["Google Chrome", "Chrome 154"],
    ["Brave", "Brave 154"],
    ["Vivaldi", "Vivaldi 154"],
    ["Microsoft Edge", "Edge 154"],
    ["Some <b>new</b> brand", "Chrome 154"],
  ])("the brand %s wins over a user agent that only says Chrome", (brand, browser) => {
    const { read } = headers({ "sec-ch-ua": brands(brand) });
    expect(deviceOf(chrome("X11; Linux x86_64"), read)).toMatchObject({ browser, type: "desktop" });
  });

  it("one visitor's hints say nothing of another with the same user agent", () => {
    const userAgent = chrome("Windows NT 10.0; Win64; x64");
    expect(deviceOf(userAgent, headers({ "sec-ch-ua": brands("Brave") }).read).browser).toBe("Brave 154");
    expect(deviceOf(userAgent, headers({}).read).browser).toBe("Chrome 154");
    expect(deviceOf(userAgent).browser).toBe("Chrome 154");
  });

  it("are read of Chromium alone, and one header at most where the user agent names its platform", () => {
    const firefox = headers({ "sec-ch-ua": brands("Brave") });
    deviceOf("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", firefox.read);
    expect(firefox.asked).toEqual([]);
    const chromium = headers({ "sec-ch-ua": brands("Brave"), "sec-ch-ua-mobile": "?1" });
    for (let i = 0; i < 2; i++) deviceOf(chrome("Macintosh; Intel Mac OS X 10_15_7"), chromium.read);
    expect(chromium.asked).toEqual(["sec-ch-ua", "sec-ch-ua"]);
  });

  it.each<[Record<string, string>, object]>([
    [
      { "sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?1" },
      { type: "mobile", os: "Android" },
    ],
    [
      { "sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?0" },
      { type: "tablet", os: "Android" },
    ],
    [
      { "sec-ch-ua-platform": '"Windows"', "sec-ch-ua-mobile": "?0" },
      { type: "desktop", os: "Windows" },
    ],
    [{ "sec-ch-ua-platform": '"<script>"' }, { type: "other" }],
  ])("platform and mobile %j stand in for a user agent that names none", (values, device) => {
    const { read } = headers({ "sec-ch-ua": brands("Google Chrome"), ...values });
    const found = deviceOf(
      "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36",
      read,
    );
    expect(found).toMatchObject(device);
    if (values["sec-ch-ua-platform"] === '"<script>"') expect(found.os).toBeUndefined();
  });

  it("give away a browser without a window that hides it in its user agent", () => {
    const { read } = headers({ "sec-ch-ua": brands("HeadlessChrome") });
    expect(deviceOf(chrome("X11; Linux x86_64"), read)).toMatchObject({
      bot: true,
      agent: { kind: "automation", name: "HeadlessChrome" },
    });
  });
});

describe("bots and AI agents", () => {
  const compatible = (product: string) =>
    `Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ${product}; +https://bot.example/)`;
  it.each([
    [compatible("ChatGPT-User/1.0"), "ai_assistant", "ChatGPT-User"],
    [compatible("Claude-User/1.0"), "ai_assistant", "Claude-User"],
    [compatible("Perplexity-User/1.0"), "ai_assistant", "Perplexity-User"],
    [compatible("MistralAI-User/1.0"), "ai_assistant", "MistralAI-User"],
    ["DuckAssistBot/1.2; (+http://duckduckgo.com/duckassistbot.html)", "ai_assistant", "DuckAssistBot"],
    [compatible("OAI-SearchBot/1.0"), "ai_search", "OAI-SearchBot"],
    [compatible("PerplexityBot/1.0"), "ai_search", "PerplexityBot"],
    [
      chrome("Linux; Android 6.0.1; Nexus 5X", "(compatible; Google-CloudVertexBot) "),
      "ai_search",
      "Google-CloudVertexBot",
    ],
    [compatible("GPTBot/1.2"), "ai_crawler", "GPTBot"],
    [compatible("ClaudeBot/1.0"), "ai_crawler", "ClaudeBot"],
    ["CCBot/2.0 (https://commoncrawl.org/faq/)", "ai_crawler", "CCBot"],
    [
      "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
      "ai_crawler",
      "meta-externalagent",
    ],
    [`${chrome("iPhone")}; Bytespider`, "ai_crawler", "Bytespider"],
    [compatible("Amazonbot/0.1"), "ai_crawler", "Amazonbot"],
    [
      "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
      "search_engine",
      "Googlebot",
    ],
    [
      "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
      "social_preview",
      "facebookexternalhit",
    ],
    ["Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "monitor", "UptimeRobot"],
    ["Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "seo", "AhrefsBot"],
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/154.0.0.0 Safari/537.36",
      "automation",
      "HeadlessChrome",
    ],
    ["curl/8.14.1", "http_client", "curl"],
    ["okhttp/4.12.0", "http_client", "okhttp"],
    ["Mozilla/5.0 (compatible; AcmeShopBot/3.1)", "bot", "AcmeShopBot"],
    ["acme-fetch/1.0 (+https://acme.example/crawl)", "bot", "acme-fetch"],
  ])("%s", (userAgent, kind, name) => {
    expect(deviceOf(userAgent)).toMatchObject({ bot: true, agent: { kind, name } });
  });

  it("a word within another word is no agent", () => {
    expect(deviceOf(chrome("Windows NT 10.0; Win64; x64", "MyClaude-Userland/1 ")).bot).toBe(false);
  });
});
