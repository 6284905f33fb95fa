/**
 * HTML as marketers and the CMS write it, made safe for a page: run once, when a release is published, never per
 * request. Kept is what shows content; what runs, loads a document or sends data (script, style, iframe, form, svg …)
 * goes, and so do handlers and any URL whose scheme is not plainly harmless. Tags are balanced, because an end tag too
 * many would close the page's own elements.
 */
import * as xss from "xss";

// A CommonJS package: bundlers lift its names, others leave them on the default export, and Node lifts a few.
const { cssFilter, escapeAttrValue, FilterXSS, friendlyAttrValue, safeAttrValue } =
  "friendlyAttrValue" in xss ? xss : (xss as { default: typeof xss }).default;

const TAGS =
  `a abbr address article aside audio b bdi bdo blockquote br button caption center cite code col colgroup
  dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol
  p picture pre q s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var
  video wbr`.split(/\s+/);

/** Their content is code, or is read by other rules than HTML's: it goes with them. */
const WITH_BODY =
  `script style iframe noscript template svg math object embed applet textarea title xmp plaintext
  noembed noframes select frameset`.split(/\s+/);

const PLAIN = new Set(
  `abbr align alt autoplay cite class colspan controls datetime dir disabled draggable headers height hidden id itemprop
  itemscope itemtype lang loading loop media muted open playsinline preload rel reversed role rowspan scope sizes
  span start tabindex target title translate type valign value width`.split(/\s+/),
);
const URLS = new Set(["href", "src", "poster"]);
const PREFIXED = /^(?:data|aria)-[a-z0-9_-]+$/;

/** A scheme that only shows something, or a path: nothing before the first slash that could be read as a scheme. */
const SAFE_URL = /^(?:https?:\/\/|mailto:|tel:|\/|\.{1,2}\/|#|\?|[\w.~%-]+(?:[/?#]|$))/i;
const SAFE_IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|avif);base64,[a-z0-9+/=]*$/i;

const VOID = new Set("br col hr img source wbr".split(" "));
/** HTML closes these by itself. */
const SELF_CLOSING = new Set("p li dt dd tr td th thead tbody tfoot colgroup caption".split(" "));

const MARK = "[removed]";
/** Made when it is first needed: most isolates never publish a release. */
const makeFilter = () =>
  new FilterXSS({
    whiteList: Object.fromEntries(TAGS.map((tag) => [tag, []])),
    stripIgnoreTag: true,
    stripIgnoreTagBody: WITH_BODY,
    allowCommentTag: false,
    // No attribute is on a tag's own list, so all of them come here.
    onIgnoreTagAttr: (tag, name, value) => keepAttribute(tag, name.toLowerCase(), value),
  });

let filter: ReturnType<typeof makeFilter> | undefined;

/** Make HTML safe to put into a page. The result, sanitised again, is the same. */
export function sanitizeHtml(html: string): string {
  filter ??= makeFilter();
  const safe = filter.process(html.replaceAll("\0", ""));
  // The filter's mark for a removed element that was never closed.
  return balance(html.includes(MARK) ? safe : safe.replaceAll(MARK, ""));
}

/** The attribute as it goes into the page; nothing where it does not. */
function keepAttribute(tag: string, name: string, value: string): string {
  const plain = friendlyAttrValue(value);
  if (name === "style") return written(name, friendlyAttrValue(safeAttrValue(tag, name, value, cssFilter)));
  if (URLS.has(name)) return isSafeUrl(tag, plain) ? written(name, plain) : "";
  if (name === "srcset")
    return plain.split(",").every((one) => SAFE_URL.test(one.trim())) ? written(name, plain) : "";
  if (!PLAIN.has(name) && !PREFIXED.test(name)) return "";
  return plain === "" ? name : written(name, plain);
}

/** `&#` is escaped, or a value that was decoded once here would be decoded once more by the browser. */
const written = (name: string, value: string): string =>
  value === "" ? "" : `${name}="${escapeAttrValue(value).replaceAll("&#", "&amp;#")}"`;

const isSafeUrl = (tag: string, url: string): boolean =>
  SAFE_URL.test(url) || (tag === "img" && SAFE_IMAGE.test(url));

/** End tags that open nothing are left out, and what is still open is closed. */
function balance(html: string): string {
  const open: string[] = [];
  // How many of each name are open: an end tag that opens nothing is not looked for among all of them.
  const counts = new Map<string, number>();
  const close = (from: number): string[] => {
    const closed = open.splice(from);
    for (const one of closed) counts.set(one, (counts.get(one) ?? 0) - 1);
    return closed;
  };
  const balanced = html.replace(
    /<(\/?)([a-z][a-z0-9]*)[^>]*>/g,
    (tag: string, slash: string, name: string) => {
      if (VOID.has(name)) return slash === "" ? tag : "";
      const at = counts.get(name) ? open.lastIndexOf(name) : -1;
      if (slash !== "") {
        if (at < 0) return "";
        return closing(close(at).slice(1)) + tag;
      }
      // `<li>a<li>b`: the second one ends the first.
      if (SELF_CLOSING.has(name) && at >= 0 && open.slice(at).every((one) => SELF_CLOSING.has(one)))
        close(at);
      open.push(name);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return tag;
    },
  );
  return balanced + closing(open);
}

/** Innermost first. What HTML closes by itself is left to it: an end tag too many could end the page's own list. */
const closing = (names: readonly string[]): string =>
  names
    .filter((name) => !SELF_CLOSING.has(name))
    .reverse()
    .map((name) => `</${name}>`)
    .join("");
