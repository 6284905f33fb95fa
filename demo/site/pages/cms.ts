/**
 * `/cms`: the editor's page of the demo. Anyone who can open it can publish; that is the point of a demo
 * and the reason why the server listens on the loopback address.
 */
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import type { Articles } from "../articles.ts";
import { slugOf } from "../articles.ts";
import { longDate } from "../cards.ts";
import type { Article } from "../content.ts";
import { article, topicName } from "../content.ts";
import { area, field } from "../form.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";
import { formFields } from "../session.ts";

const draft = article.omit({ slug: true });

/** `GET /cms`, and the form again with what was wrong in it. */
export function editorPage(
  request: DemoRequest,
  articles: Articles,
  problems: Record<string, string> = {},
): Reply {
  const values = formFields(request);
  return page(request, {
    title: "Editor",
    personal: true,
    status: Object.keys(problems).length > 0 ? 422 : 200,
    main: html`<section class="wrap section"><p class="kicker">Demo only, no sign-in</p><h1>Publish a story</h1>
<div class="columns columns--wide">
<form class="form form--card" method="post" action="/cms">
${field({ name: "title", label: "Title", value: values.title, problem: problems.title })}
<div class="form__pair">
${field({ name: "topic", label: "Topic", value: values.topic, problem: problems.topic, list: "topics", hint: "One of ours, or a new one." })}
${field({ name: "author", label: "Author", value: values.author, problem: problems.author, required: false })}
</div>
<datalist id="topics">${articles.topics().map((topic) => html`<option value="${topic}"></option>`)}</datalist>
${field({ name: "summary", label: "Summary", value: values.summary, problem: problems.summary, required: false })}
${area({ name: "body", label: "Story", value: values.body, problem: problems.body, hint: "A blank line starts a paragraph, ## a heading." })}
<button class="button button--solid" type="submit">Publish now</button>
</form>
<aside><h2>On the site</h2><ul class="published">${articles
      .all()
      .slice(0, 30)
      .map(
        (entry) =>
          html`<li><a href="/articles/${entry.slug}">${entry.title}</a><span>${topicName(entry.topic)} · ${longDate(entry.publishDate)}</span></li>`,
      )}</ul></aside>
</div></section>`,
  });
}

/** `POST /cms`: publishes and goes to the new article. */
export async function publishArticle(request: DemoRequest, articles: Articles, today: Date): Promise<Reply> {
  const fields = formFields(request);
  const candidate: Omit<Article, "slug"> = {
    title: fields.title ?? "",
    topic: slugOf(fields.topic ?? "").slice(0, 40),
    tags: [],
    author: fields.author || "The editors",
    publishDate: today.toISOString().slice(0, 10),
    summary: fields.summary ?? "",
    body: (fields.body ?? "").replaceAll("\r\n", "\n"),
  };
  const parsed = draft.safeParse(candidate);
  if (!parsed.success) {
    const problems = Object.fromEntries(
      parsed.error.issues.map((issue) => [
        String(issue.path[0]),
        MESSAGES[String(issue.path[0])] ?? issue.message,
      ]),
    );
    return editorPage(request, articles, problems);
  }
  const published = await articles.publish(parsed.data);
  return seeOther(`/articles/${published.slug}`);
}

const MESSAGES: Record<string, string> = {
  title: "A title has 3 to 120 characters.",
  topic: "A topic has letters and digits, 40 at most.",
  author: "A name has 80 characters at most.",
  summary: "A summary has 300 characters at most.",
  body: "A story has 1 to 20,000 characters.",
};
