/**
 * The demo site: the "CMS" that the Worker fronts as ORIGIN. One function from a request to a reply;
 * the table of routes below is the whole of it. `demo/server.ts` hosts it.
 */
import type { DemoRequest, Reply } from "../http.ts";
import { json } from "../http.ts";
import { openArticles } from "./articles.ts";
import { siteAsset } from "./assets.ts";
import { blocksFeed } from "./feed.ts";
import { loginPage, newsletterPage, signIn, signOut, subscribe, subscribedPage } from "./pages/account.ts";
import { articlePage, topicPage } from "./pages/articles.ts";
import type { Orders } from "./pages/checkout.ts";
import { addToCart, cartPage, checkoutPage, placeOrder, thanksPage } from "./pages/checkout.ts";
import { editorPage, publishArticle } from "./pages/cms.ts";
import { homePage } from "./pages/home.ts";
import { notFoundPage } from "./pages/not-found.ts";
import { privacyPage, setCountry } from "./pages/privacy.ts";
import { productPage } from "./pages/product.ts";
import { tryIndex, tryPage } from "./pages/try/pages.ts";

type Handler = (request: DemoRequest, parameter: string) => Reply | Promise<Reply>;
type Route = { pattern: RegExp; GET?: Handler; POST?: Handler };

/**
 * Opens the site. With `stateDir`, published articles are kept in a file there.
 * @throws when `stateDir` cannot be created.
 */
export async function createSite({
  stateDir,
}: {
  stateDir?: string;
} = {}): Promise<(request: DemoRequest) => Promise<Reply>> {
  const articles = await openArticles(stateDir);
  const orders: Orders = new Map();

  const routes: Route[] = [
    { pattern: /^\/$/, GET: (request) => homePage(request, articles) },
    { pattern: /^\/articles\/([a-z0-9-]+)$/, GET: (request, slug) => articlePage(request, articles, slug) },
    { pattern: /^\/topics\/([a-z0-9-]+)$/, GET: (request, topic) => topicPage(request, articles, topic) },
    { pattern: /^\/products\/([a-z0-9-]+)$/, GET: productPage },
    { pattern: /^\/cart$/, GET: cartPage, POST: addToCart },
    {
      pattern: /^\/checkout$/,
      GET: (request) => checkoutPage(request),
      POST: (request) => placeOrder(request, orders),
    },
    { pattern: /^\/thanks$/, GET: (request) => thanksPage(request, orders) },
    { pattern: /^\/newsletter$/, GET: (request) => newsletterPage(request), POST: subscribe },
    { pattern: /^\/newsletter\/thanks$/, GET: subscribedPage },
    { pattern: /^\/login$/, GET: (request) => loginPage(request), POST: signIn },
    { pattern: /^\/logout$/, POST: signOut },
    { pattern: /^\/try$/, GET: tryIndex },
    { pattern: /^\/try\/([a-z]+)$/, GET: tryPage },
    { pattern: /^\/privacy$/, GET: privacyPage },
    { pattern: /^\/dev\/country$/, POST: setCountry },
    {
      pattern: /^\/cms$/,
      GET: (request) => editorPage(request, articles),
      POST: (request) => publishArticle(request, articles, new Date()),
    },
    {
      pattern: /^\/feed\/blocks(?:\.([a-z]{2}))?\.json$/,
      GET: (request, language) => blocksFeed(request, articles, language),
    },
    {
      pattern: /^\/assets\/([a-z0-9./-]+)$/,
      GET: (request, name) => siteAsset(name, request.headers["if-none-match"]),
    },
  ];

  return async (request) => {
    for (const route of routes) {
      const match = route.pattern.exec(request.path);
      if (match === null) continue;
      const method = request.method === "HEAD" ? "GET" : request.method;
      const handler = method === "GET" ? route.GET : method === "POST" ? route.POST : undefined;
      if (handler === undefined) {
        const allow = [route.GET ? "GET, HEAD" : "", route.POST ? "POST" : ""].filter(Boolean).join(", ");
        return json(405, { error: `use ${allow}` }, { allow });
      }
      return handler(request, match[1] ?? "");
    }
    return notFoundPage(request);
  };
}
