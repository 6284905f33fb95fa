/**
 * Which automated program a user agent is. Whether it is one at all is isbot's to say, a maintained list; this says what
 * for. AI agents are listed here, too, since what they are for is what a site wants to know of them: one that fetches
 * because a person asked it to is a reader of sorts. Called by device.ts, once per string.
 *
 * Names and uses are the operators' own:
 * - OpenAI https://developers.openai.com/api/docs/bots · Anthropic https://support.claude.com/en/articles/8896518
 * - Perplexity https://docs.perplexity.ai/guides/bots · Mistral https://docs.mistral.ai/robots
 * - Google https://developers.google.com/crawling/docs/crawlers-fetchers/overview-google-crawlers
 * - Meta https://developers.facebook.com/docs/sharing/webmasters/web-crawlers · Amazon https://developer.amazon.com/amazonbot
 * - DuckDuckGo https://duckduckgo.com/duckduckgo-help-pages/results/duckassistbot · Common Crawl https://commoncrawl.org/ccbot
 * - others: https://developers.cloudflare.com/ai-crawl-control/reference/bots and https://github.com/ai-robots-txt/ai.robots.txt
 * `Google-Extended` and `Applebot-Extended` are words of robots.txt: no request carries them.
 */
import type { AgentKind } from "#contracts/taxonomy";

export interface Agent {
  kind: AgentKind;
  /** The product's name, at most 40 characters; absent where the string gives none. */
  name?: string;
}

/** Names apart by blanks; none of them is a word that a browser or a telephone could be called by. */
const AI_AGENTS = {
  ai_assistant:
    "ChatGPT-User Claude-User Claude-Web Perplexity-User PerplexityUser MistralAI-User DuckAssistBot " +
    "meta-externalfetcher Gemini-Deep-Research Google-NotebookLM Google-GeminiNotebook Google-Agent " +
    "GoogleAgent-Mariner NovaAct AmazonBuyForMe Amzn-User Manus-User Shap-User kagi-fetcher PhindBot " +
    "Cohere-AI Claude-Code",
  ai_search:
    "OAI-SearchBot meta-webindexer ShapBot Anomura AddSearchBot Channel3Bot Claude-SearchBot " +
    "PerplexityBot Google-CloudVertexBot AzureAI-SearchBot Amzn-SearchBot YouBot atlassian-bot LinkupBot " +
    "Bravebot iAskBot iaskspider Andibot TavilyBot ExaBot LinerBot AISearchBot Cloudflare-AutoRAG " +
    "amazon-kendra bedrockbot",
  ai_crawler:
    "GPTBot ClaudeBot anthropic-ai CCBot Bytespider TikTokSpider Amazonbot meta-externalagent FacebookBot " +
    "cohere-training-data-crawler DeepSeekBot AI2Bot Ai2Bot-Dolma Diffbot ImagesiftBot img2dataset " +
    "PanguBot Timpibot omgili omgilibot Webzio-Extended ICC-Crawler SBIntuitionsBot ChatGLM-Spider " +
    "FirecrawlAgent Crawl4AI ApifyBot ApifyWebsiteContentCrawler Brightbot",
} as const satisfies Partial<Record<AgentKind, string>>;

/** The most frequent of the others; the rest are of kind `bot`. */
const OTHER_AGENTS = {
  ai_assistant: "Devin Operator",
  search_engine:
    "Googlebot Googlebot-Image Googlebot-News Googlebot-Video Storebot-Google AdsBot-Google " +
    "AdsBot-Google-Mobile Mediapartners-Google GoogleOther Google-InspectionTool bingbot BingPreview " +
    "adidxbot Applebot DuckDuckBot YandexBot YandexImages YandexMobileBot Baiduspider Sogou SeznamBot " +
    "PetalBot Qwantbot Yeti Slurp MojeekBot coccocbot-web 360Spider Naverbot",
  social_preview:
    "facebookexternalhit facebookcatalog Twitterbot LinkedInBot Slackbot Slackbot-LinkExpanding " +
    "Slack-ImgProxy TelegramBot WhatsApp Discordbot Pinterestbot redditbot SkypeUriPreview Viber Bluesky " +
    "Iframely Embedly vkShare Mastodon",
  monitor:
    "UptimeRobot Pingdom PingdomPageSpeed PingdomTMS StatusCake Site24x7 DatadogSynthetics Datadog " +
    "Checkly NewRelicPinger GTmetrix Chrome-Lighthouse PageSpeed PTST Catchpoint hetrixtools Uptime-Kuma " +
    "NodePing Freshping updown.io Cloudflare-Healthchecks CloudFlare-AlwaysOnline " +
    "GoogleStackdriverMonitoring Amazon-Route53-Health-Check-Service ELB-HealthChecker kube-probe",
  seo:
    "AhrefsBot AhrefsSiteAudit SemrushBot SiteAuditBot MJ12bot DotBot rogerbot DataForSeoBot BLEXBot " +
    "SERanking serpstatbot Barkrowler SEOkicks Screaming Sitebulb Sistrix OnCrawl Botify Siteimprove " +
    "ZoominfoBot",
  automation: "HeadlessChrome PhantomJS Playwright Puppeteer Selenium Cypress jsdom",
  http_client:
    "curl Wget python-requests python-urllib Python-httpx aiohttp httpx Go-http-client okhttp axios " +
    "node-fetch undici node Node.js Java Apache-HttpClient libwww-perl PostmanRuntime insomnia GuzzleHttp " +
    "Ruby Faraday Dart reqwest Deno Bun HTTPie PHP",
} as const satisfies Partial<Record<AgentKind, string>>;

/** Many names as one pattern, and what each stands for. */
interface Names {
  pattern: RegExp;
  byName: ReadonlyMap<string, Agent>;
}

let aiNames: Names | undefined;
let otherNames: Names | undefined;

/** A name of its own where nothing is listed: a product that calls itself a bot, else what the string begins with. */
const OWN_NAME = /(?<![\w-])[a-z][\w-]{0,30}(?:bot|crawler|spider|scraper|fetcher|monitor)(?![\w-])/i;
const FIRST_PRODUCT = /^(?!mozilla\/)[a-z][\w.-]{1,39}/i;

/**
 * The agent behind a user agent; undefined: none that is known.
 * @param text of bounded length
 * @param isBot what isbot says of it. An AI agent that is listed here is one also where isbot does not know it yet
 */
export function agentOf(text: string, isBot: boolean): Agent | undefined {
  aiNames ??= compile(AI_AGENTS);
  const ai = find(aiNames, text);
  if (ai || !isBot) return ai;
  otherNames ??= compile(OTHER_AGENTS);
  const other = find(otherNames, text);
  if (other) return other;
  const name = (OWN_NAME.exec(text) ?? FIRST_PRODUCT.exec(text))?.[0];
  return { kind: "bot", ...(name !== undefined && { name }) };
}

function find({ pattern, byName }: Names, text: string): Agent | undefined {
  const found = pattern.exec(text);
  return found ? byName.get(found[0].toLowerCase()) : undefined;
}

/** One alternation of plain words, between the ends of a word: linear. */
function compile(agents: Partial<Record<AgentKind, string>>): Names {
  const byName = new Map<string, Agent>();
  for (const kind of Object.keys(agents) as AgentKind[]) {
    for (const name of agents[kind]?.split(" ") ?? []) byName.set(name.toLowerCase(), { kind, name });
  }
  const words = [...byName.keys()].map((name) => name.replaceAll(".", "\\."));
  return { pattern: new RegExp(`(?<![\\w-])(?:${words.join("|")})(?![\\w-])`, "i"), byName };
}
