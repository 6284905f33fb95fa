/**
 * The Mustache tags of a piece of HTML, and where each of them stands: in text, in an attribute's value, in a URL, or where
 * no escaping would make it safe. One walk over the HTML, as a browser's tokenizer goes. Pure. Called by template.ts, which
 * fills what stands well, and by template-issues.ts, which refuses the rest when a release is published.
 */

/** `text` and `value`: escaped. `url`: percent-encoded as well. `plain`: no HTML at all. Else why nothing may stand there. */
export type Place = "text" | "value" | "url" | "plain" | { refused: string };

export interface Tag {
  /** `""`: a value. */
  kind: "" | "#" | "^" | "/" | "!";
  name: string;
  /** Where it begins and ends in the HTML. */
  start: number;
  end: number;
  place: Place;
  /** Which attribute's value it stands in, by number; 0: in none. A section has to end where it began. */
  attribute: number;
  /** Elements that are open there, outermost first; of more than MAX_OPEN only so many, and one. */
  open: readonly string[];
  /** Of a section's end: how many of the elements that were open at its beginning have stayed so. */
  kept: number;
}

/** What the sanitiser takes out with all that is in it, or a browser reads by other rules. */
const CLOSED_OFF = new Set(
  `script style iframe noscript template svg math object embed applet textarea title xmp plaintext noembed noframes
  select frameset`.split(/\s+/),
);
const URLS = new Set([
  "href",
  "src",
  "poster",
  "cite",
  "action",
  "formaction",
  "background",
  "data",
  "manifest",
]);
const NO_VALUE = new Set([
  "style",
  "srcset",
  "imagesrcset",
  "id",
  "name",
  "srcdoc",
  "is",
  "slot",
  "part",
  "nonce",
]);
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));
/** HTML ends them by itself: they may stay open. */
export const SELF_CLOSING: ReadonlySet<string> = new Set(
  "p li dt dd tr td th thead tbody tfoot colgroup caption".split(" "),
);

/**
 * Before it, a URL is settled as far as its scheme, its host and the first part of its path: what follows can no longer
 * lead elsewhere.
 */
const SETTLED_URL = /^(?:https?:\/\/[\w.:-]+)?(?:\/[\w~%-][\w.~%/-]*[/_-]|[\w.~%/-]*[?#].*)$/is;

/** A template's tags may lie so deep, and no deeper: each of them says what is open around it. */
export const MAX_OPEN = 100;

const NAME = /[a-z][^\s/>]*/iy;
const SPACE = /[\s/]*/y;
const ATTRIBUTE = /[^\s/>=]*/y;

/** Every tag, in order. What has another form (`{{{x}}}`, `{{&x}}`, `{{>x}}`, `{{=x y=}}`) is no tag here. */
export function tagsOf(html: string): Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  const sections: number[] = [];
  let attribute = 0;
  let at = 0;

  /** Takes the tag that begins here, if one does. */
  const take = (place: Place, inside = 0): boolean => {
    const found = html[at] === "{" ? tagAt(html, at) : undefined;
    if (!found) return false;
    const { kind, name, end } = found;
    if (kind === "#" || kind === "^") sections.push(open.length);
    const kept = (kind === "/" ? sections.pop() : undefined) ?? open.length;
    tags.push({
      kind,
      name,
      start: at,
      end,
      place,
      attribute: inside,
      open: open.slice(0, MAX_OPEN + 1),
      kept,
    });
    at = end;
    return true;
  };
  /** Goes to where `end` begins; tags on the way stand where they may not. */
  const skipTo = (end: RegExp, refused: string): void => {
    end.lastIndex = at;
    const stop = end.exec(html)?.index ?? html.length;
    while (at < stop) if (!take({ refused })) at++;
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const text = pattern.exec(html)?.[0] ?? "";
    at += text.length;
    return text;
  };

  const value = (element: string, name: string): void => {
    const quote = html[at];
    attribute++;
    if (quote !== '"' && quote !== "'") {
      skipTo(/[\s>]/g, "stands in an attribute without quotes");
      return;
    }
    at++;
    let before = "";
    while (at < html.length && html[at] !== quote) {
      if (html[at] === "{" && take(placeIn(element, name, before), attribute)) before += "x";
      else before += html[at++];
    }
    at++;
  };

  const attributes = (element: string): void => {
    while (at < html.length) {
      match(SPACE);
      if (html[at] === ">") {
        at++;
        return;
      }
      const from = at;
      if (take({ refused: "stands where an attribute's name would" })) continue;
      const name = match(ATTRIBUTE);
      if (name.includes("{{")) {
        at = from;
        skipTo(/[\s/>=]/g, "stands where an attribute's name would");
      }
      match(/\s*/y);
      if (html[at] !== "=") {
        if (at === from) at++;
        continue;
      }
      at++;
      match(/\s*/y);
      value(element, name.toLowerCase());
    }
  };

  const element = (isEnd: boolean): void => {
    const name = match(NAME).toLowerCase();
    if (name.includes("{{")) {
      at -= name.length;
      skipTo(/[\s/>]/g, "stands in an element's name");
    }
    if (isEnd) {
      skipTo(/>/g, "stands in an end tag");
      at++;
      const opened = open.lastIndexOf(name);
      if (opened < 0) return;
      open.splice(opened);
      for (const [n, base] of sections.entries()) sections[n] = Math.min(base, opened);
      return;
    }
    attributes(name);
    if (CLOSED_OFF.has(name)) skipTo(new RegExp(`</${name}[\\s/>]`, "gi"), `stands in <${name}>`);
    else if (!VOID.has(name)) open.push(name);
  };

  while (at < html.length) {
    if (take("text")) continue;
    if (html[at] !== "<") at++;
    else if (/^<\/?\{\{/.test(html.slice(at, at + 4))) {
      at += html[at + 1] === "/" ? 2 : 1;
      if (!take({ refused: "stands in an element's name" })) at++;
    } else if (html.startsWith("<!--", at)) skipTo(/-->/g, "stands in a comment");
    else if (/[!?]/.test(html[at + 1] ?? "")) skipTo(/>/g, "stands in a comment");
    else if (/[a-z]/i.test(html[at + 1] ?? "")) {
      at++;
      element(false);
    } else if (html[at + 1] === "/" && /[a-z]/i.test(html[at + 2] ?? "")) {
      at += 2;
      element(true);
    } else at++;
  }
  return tags;
}

/** Of a text that is no HTML: a string of JSON. */
export function plainTagsOf(text: string): Tag[] {
  const tags: Tag[] = [];
  for (let at = text.indexOf("{{"); at >= 0; at = text.indexOf("{{", at)) {
    const found = tagAt(text, at);
    if (found) tags.push({ ...found, start: at, place: "plain", attribute: 0, open: [], kept: 0 });
    at = found?.end ?? at + 1;
  }
  return tags;
}

const MAX_TAG_CHARS = 500;

/** By hand: what a pattern would need for blanks on both sides can be made to take forever. */
function tagAt(text: string, at: number): Pick<Tag, "kind" | "name" | "end"> | undefined {
  if (text[at + 1] !== "{") return undefined;
  const close = text.indexOf("}}", at + 2);
  if (close < 0 || close - at > MAX_TAG_CHARS) return undefined;
  const inner = text.slice(at + 2, close).trim();
  if (/[{}]/.test(inner) || /^[&>=]/.test(inner)) return undefined;
  const kind = /^[#^/!]/.test(inner) ? (inner[0] as Tag["kind"]) : "";
  return { kind, name: inner.slice(kind.length).trim(), end: close + 2 };
}

function placeIn(element: string, name: string, before: string): Place {
  if (name.startsWith("on")) return { refused: `stands in the handler ${name}` };
  if (NO_VALUE.has(name)) return { refused: `stands in the attribute ${name}` };
  if (!URLS.has(name)) return "value";
  if (SETTLED_URL.test(before)) return "url";
  return { refused: `stands in the address of <${element} ${name}> before its path or query has begun` };
}
