/** Templates: what may be published, and that no value ever makes markup. */
import fc from "fast-check";
import Mustache from "mustache";
import { describe, expect, it } from "vitest";
import { contentDefinitionSchema } from "#contracts/definitions/content";
import { sanitizeHtml } from "#slots/sanitize";
import { fillTemplate, htmlTemplate, textTemplate } from "#slots/template";
import { contentTemplateIssues, templateIssues } from "#slots/template-issues";
import { tagsOf } from "#slots/template-tags";

const KNOWN = new Set(["topic", "purchases", "lists", "affinity", "country"]);
const issues = (html: string) => templateIssues(html, KNOWN).map(({ message }) => message);
const fill = (html: string, values: Record<string, unknown>) =>
  fillTemplate(htmlTemplate(html), (name) => (Object.hasOwn(values, name) ? values[name] : undefined));

describe("a template", () => {
  const HELLO =
    "{{#person.first_name}}Hi {{person.first_name}}!{{/person.first_name}}{{^person.first_name}}Hi!{{/person.first_name}}";

  it("greets by name whom it knows, and anybody else as well", () => {
    expect(fill(HELLO, { person: { first_name: "Jana" } })).toBe("Hi Jana!");
    for (const person of [undefined, {}, { first_name: "" }]) expect(fill(HELLO, { person })).toBe("Hi!");
  });

  it("asks by path, repeats a section for a list, and shows what is no text as nothing", () => {
    const values = { lists: ["a", "<b>"], affinity: { winter: 0.7 }, purchases: 0, country: true };
    expect(fill("{{#lists}}<li>{{.}}</li>{{/lists}}", values)).toBe("<li>a</li><li>&lt;b&gt;</li>");
    expect(fill("{{affinity.winter}} {{purchases}} {{country}} {{affinity}} {{lists}}|", values)).toBe(
      "0.7 0 true  |",
    );
    expect(fill("{{^purchases}}none{{/purchases}}{{#purchases}}some{{/purchases}}", values)).toBe("none");
  });

  it("that repeats itself without end is nothing, at once", () => {
    const lists = Array.from({ length: 50 }, (_, n) => `list-${n}`);
    const nested = (depth: number, inner: string) =>
      "{{#lists}}".repeat(depth) + inner + "{{/lists}}".repeat(depth);
    expect(fill(nested(2, "x"), { lists })).toBe("x".repeat(2_500));
    const begun = performance.now();
    expect(fill(nested(8, "{{.}}"), { lists })).toBe("");
    expect(fill(nested(2, "x".repeat(40_000)), { lists })).toBe("");
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it("reaches no prototype and calls nothing", () => {
    const values = { affinity: { winter: 1 }, topic: "x", person: () => "called" };
    for (const name of [
      "affinity.constructor",
      "affinity.__proto__",
      "topic.length",
      "person",
      "affinity.toString",
    ])
      expect(fill(`[{{${name}}}]{{#${name}}}in{{/${name}}}`, values)).toBe("[]");
  });

  it("escapes by where a tag stands: text, an attribute's value, an address, and a string of JSON", () => {
    const topic = `"><script>'&=\` ../?#`;
    expect(fill("<p>{{topic}}</p>", { topic })).toBe(
      "<p>&quot;&gt;&lt;script&gt;&#39;&amp;&#61;&#96; ../?#</p>",
    );
    expect(fill(`<a href="/t/{{topic}}?q={{topic}}">x</a>`, { topic: "a b/'&" })).toBe(
      `<a href="/t/a%20b%2F%27%26?q=a%20b%2F%27%26">x</a>`,
    );
    for (const dots of [".", ".."])
      expect(fill(`<a href="/t/{{topic}}/x">`, { topic: dots })).toBe(`<a href="/t//x">`);
    expect(fill(`<a href="/?q={{topic}}">`, { topic: "\ud800" })).toBe(`<a href="/?q=%EF%BF%BD">`);
    expect(fillTemplate(textTemplate("{{a}} & <{{a}}>"), () => `"<b>"`)).toBe(`"<b>" & <"<b>">`);
  });

  it("says what Mustache says", () => {
    const name = fc.constantFrom("topic", "purchases", "country", "lists", "affinity.winter", "nothing");
    const text = fc.constantFrom("a ", "<b>x</b>", " & ", "č", "");
    const { template } = fc.letrec((tie) => ({
      template: fc
        .array(
          fc.oneof(
            { maxDepth: 3 },
            text,
            name.map((n) => `{{${n}}}`),
            tie("section"),
          ),
          { maxLength: 4 },
        )
        .map((parts) => parts.join("")),
      section: fc
        .tuple(fc.constantFrom("#", "^"), name, tie("template"))
        .map(([kind, n, inner]) => `{{${kind}${n}}}${inner}{{/${n}}}`),
    }));
    const value = fc.oneof(
      fc.string(),
      fc.integer({ min: -2, max: 2 }),
      fc.boolean(),
      fc.constant(undefined),
    );
    const values = fc.record({
      topic: value,
      purchases: value,
      country: value,
      lists: fc.array(fc.string()),
      affinity: fc.record({ winter: value }),
    });
    // As Mustache escapes, and without blanks: on lines of their own it takes them away.
    const same = (out: string) =>
      out.replaceAll("&#x2F;", "/").replaceAll("&#x3D;", "&#61;").replaceAll("&#x60;", "&#96;");
    fc.assert(
      fc.property(template as fc.Arbitrary<string>, values, (html, known) => {
        fc.pre(!/\{\{lists\}\}/.test(html)); // of a list it would write the values with commas
        expect(fill(html, known)).toBe(same(Mustache.render(html, known)));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a template is refused", () => {
  it.each([
    ["an end that is missing", "<p>{{#topic}}x</p>", 'Unclosed section "topic"'],
    ["an end of nothing", "x{{/topic}}", 'Unopened section "topic"'],
    ["a tag that never ends", "<p>{{topic</p>", "Unclosed tag"],
    ["a name that nobody knows", "{{topics}}", 'there is no feature or attribute "topics"'],
    [
      "a field that nobody has",
      "{{person.email}}",
      "there is no person.email: there are first_name, last_name, company",
    ],
    ["the person as a whole", "{{#person}}x{{/person}}", "name a field, such as person.first_name"],
    ["what would not be escaped", "{{{topic}}}", "would not be escaped"],
    ["that in its other form", "{{& topic}}", "would not be escaped"],
    ["a partial", "{{> topic}}", "is a partial"],
    ["other delimiters", "{{=<% %>=}}<% topic %>", "changes the delimiters"],
    ["a tag in a script", "<script>let a='{{topic}}'</script>", "stands in <script>"],
    ["a tag in a style", "<style>{{topic}}</style>", "stands in <style>"],
    ["a tag in a style's attribute", `<p style="color:{{topic}}">`, "stands in the attribute style"],
    ["a tag in an attribute without quotes", "<a title={{topic}}>", "without quotes"],
    ["a tag in a handler", `<a onclick="f('{{topic}}')">`, "stands in the handler onclick"],
    ["a tag as a handler's name", `<a {{topic}}="x">`, "where an attribute's name would"],
    ["a tag in the middle of a name", `<a da{{topic}}="x">`, "where an attribute's name would"],
    ["a tag as an element's name", "<{{topic}}>", "stands in an element's name"],
    ["a tag in an element's name", "<h{{topic}}>x</h1>", "stands in an element's name"],
    ["a tag in a comment", "<!-- {{topic}} -->", "stands in a comment"],
    ["a whole address", `<a href="{{topic}}">`, "before its path or query has begun"],
    ["an address's scheme", `<a href="{{topic}}://x/?a">`, "before its path or query has begun"],
    ["an address's host", `<a href="https://{{topic}}/?a">`, "before its path or query has begun"],
    ["an address's first part", `<a href="/{{topic}}">`, "before its path or query has begun"],
    ["a script's address", `<a href="javascript:f('{{topic}}')">`, "before its path or query has begun"],
    ["a list of images", `<img srcset="/a?{{topic}} 2x">`, "stands in the attribute srcset"],
    ["a frame's document", `<iframe srcdoc="{{topic}}"></iframe>`, "stands in the attribute srcdoc"],
    ["a section that opens an element", "{{#topic}}<b>{{/topic}}x</b>", "cuts through an element"],
    ["a section that closes one", "<div><b>x{{#topic}}</b>{{/topic}}</div>", "cuts through an element"],
    [
      "a section that closes one and opens another",
      "<b>x{{#topic}}</b><b>{{/topic}}</b>",
      "cuts through an element",
    ],
    [
      "a section from text into an attribute",
      `{{#topic}}<a title="{{/topic}}">x</a>`,
      "cuts through an element",
    ],
    ["markup in a comment's tag", "{{! <b> }}", "may not hold markup"],
    ["a tag in an element that is taken out", "<object>{{topic}}</object>", "stands in <object>"],
    ["a tag in an attribute that is taken out", `<p foo="{{topic}}">x</p>`, "sanitising takes out"],
    [
      "a tag that only sanitising makes",
      `<p title="&#123;&#123;person.email&#125;&#125;">x</p>`,
      "sanitising takes out",
    ],
  ])("for %s", (_title, html, message) => expect(issues(html).join()).toContain(message));

  it("with where it is wrong", () => {
    expect(templateIssues("<p>ab{{topics}}</p>", KNOWN)).toEqual([{ at: 5, message: expect.any(String) }]);
  });

  it.each([
    ["a greeting", "<p>Hi {{#person.first_name}}{{person.first_name}}{{/person.first_name}}</p>"],
    ["a list", "<ul>{{#lists}}<li>{{.}}{{/lists}}</ul>"],
    ["a class", `<p class="a {{#topic}}b-{{topic}}{{/topic}}" title='{{topic}}'>x</p>`],
    [
      "a path and a query",
      `<a href="/t/{{topic}}?a={{country}}#{{topic}}"><img src="https://img.example/t/{{topic}}.png" alt="{{topic}}"></a>`,
    ],
    ["a comment", "{{! of the autumn }}<p>{{ topic }}</p>"],
    ["a whole element or another", "{{#topic}}<b>a</b>{{/topic}}{{^topic}}<i>b</i>{{/topic}}"],
  ])("not for %s, and sanitising leaves it", (_title, html) => {
    expect(issues(html)).toEqual([]);
    expect(sanitizeHtml(html).match(/\{\{[^}]*\}\}/g)).toEqual(html.match(/\{\{[^}]*\}\}/g));
  });

  it("in its data and in its other languages, by path", () => {
    const content = contentDefinitionSchema.parse({
      html: "<p>{{topic}}</p>",
      data: { title: "{{topic}} <b>", more: ["{{{topic}}}"] },
      locales: { sk: { html: "<p>{{tema}}</p>" } },
      template: true,
    });
    expect(contentTemplateIssues(content, KNOWN)).toEqual([
      { path: "data.more.0", message: expect.stringContaining("at character 1: ") },
      { path: "locales.sk.html", message: 'at character 4: there is no feature or attribute "tema"' },
    ]);
    expect(contentTemplateIssues({ ...content, template: false }, KNOWN)).toEqual([]);
  });

  it("where its tags lie too deep, without keeping what is open around each of them", () => {
    expect(issues(`${"<b>".repeat(5_000)}${"{{topic}}".repeat(4_000)}`)).toContain(
      "{{topic}} stands in more than 100 elements",
    );
    expect(issues(`${"<b>".repeat(100)}{{topic}}`)).toEqual([]);
    const deep = tagsOf(`${"<b>".repeat(3_000)}${"{{topic}}".repeat(3_000)}`);
    expect(Math.max(...deep.map(({ open }) => open.length))).toBe(101);
  });

  it("in time, whatever it is made of", () => {
    for (const html of [
      `{{${" ".repeat(50_000)}`,
      "{{#a}}".repeat(8_000),
      "<a ".repeat(16_000),
      `<a href="${"/a".repeat(20_000)}{{topic}}">`,
      "{{topic}}".repeat(5_000),
    ]) {
      const begun = performance.now();
      issues(html);
      expect(performance.now() - begun, html.slice(0, 12)).toBeLessThan(3_000);
    }
  });
});

/** Elements and their attributes' names, as a browser's tokenizer sees them. */
const shapeOf = (html: string): string[] =>
  (html.match(/<\/?[a-z][^\s/>]*(?:\s+[^\s=>]+(?:="[^"]*")?)*\s*>/gi) ?? []).map((tag) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );

describe("whatever the values", () => {
  const HTML = sanitizeHtml(
    `<div class="a {{topic}}" title='{{topic}}' data-x="{{country}}"><a href="/t/{{topic}}/{{country}}?q={{topic}}">{{topic}}</a>
     {{#lists}}<p>{{.}} {{country}}</p>{{/lists}}{{^person.company}}<i>{{country}}</i>{{/person.company}}</div>`,
  );
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      `"><img src=x onerror=alert(1)>`,
      `' onmouseover='alert(1)`,
      "</div></a><script>alert(1)</script>",
      "javascript:alert(1)",
      "{{{person.email}}}",
      "&lt;script&gt;",
      "<!--",
      "]]>",
      "` onload=`x",
      "//evil.example",
      "\u0000<b>",
    ),
  );
  it("a filled template has the same elements and attributes as with harmless ones", () => {
    const template = htmlTemplate(HTML);
    const harmless = fillTemplate(template, (name) =>
      name === "lists" ? ["x", "x"] : name === "person" ? {} : "x",
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (topic, country, item) => {
        const values: Record<string, unknown> = { topic, country, lists: [item, item], person: {} };
        const out = fillTemplate(template, (name) => values[name]);
        expect(shapeOf(out)).toEqual(shapeOf(harmless));
        expect(out.split("<").length).toBe(harmless.split("<").length);
        expect(out.split('"').length).toBe(harmless.split('"').length);
        for (const [, href = ""] of out.matchAll(/href="([^"]*)"/g)) {
          const url = new URL(href.replaceAll("&amp;", "&"), "https://shop.example/");
          expect(url.origin).toBe("https://shop.example");
          expect(url.pathname.startsWith("/t/")).toBe(true);
          expect([...url.searchParams.keys()]).toEqual(["q"]);
        }
      }),
      { numRuns: 400 },
    );
  });
});
