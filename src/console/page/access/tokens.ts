/** The tokens: each with what it may and until when, a way to end it, and the form for a new one. */
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, type Child, chip, empty, fill, h } from "../dom.ts";
import { isMe } from "../may.ts";
import { roleInWords } from "../permission-words.ts";
import { dateOf, timeOf } from "../time.ts";
import { limitsInWords } from "../who.ts";
import { tokenForm } from "./token-form.ts";
import { isInForce, type Token, tokenState } from "./words.ts";

export interface TokensPanel {
  element: HTMLElement;
  /** Tells what a click has done. */
  said: HTMLElement;
  refresh(): Promise<void>;
}

export function tokensPanel(): TokensPanel {
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const list = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  const element = h(
    "div",
    {},
    tokenForm(() => void refresh()),
    list,
  );
  let drawn = "";

  async function refresh(): Promise<void> {
    const answer = await call<{ tokens: Token[] }>("GET", "access/tokens");
    if (JSON.stringify(answer) === drawn) return;
    drawn = JSON.stringify(answer);
    if (answer.status === "problem") return fill(list, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok") return;
    const { tokens } = answer.body;
    fill(
      list,
      tokens.length === 0
        ? empty(
            "No token has been made yet",
            "Until then only the Worker's ADMIN_TOKEN lets one in. Make each person and each script one of their own.",
          )
        : table(tokens, Date.now()),
    );
  }

  async function revoke(token: Token): Promise<void> {
    const sure = await ask(element, {
      title: `Revoke the token “${token.name}”?`,
      text: isMe(token.id)
        ? "It is the one that you are logged in with: you are logged out at once."
        : "Whoever uses it is refused from now on. It cannot be brought back; a new one can be made.",
      confirm: "Revoke it",
      danger: true,
    });
    if (sure === undefined) return;
    const answer = await call("POST", `access/tokens/${encodeURIComponent(token.id)}/revoke`);
    fill(said, answer.status === "ok" ? `“${token.name}” is revoked.` : problemInWords(answer));
    await refresh();
  }

  function table(tokens: readonly Token[], now: number): HTMLElement {
    const head: [label: string, kind: string][] = [
      ["Name", ""],
      ["Role", "wide"],
      ["State", ""],
      ["Ends", "wide"],
      ["Made", "wide"],
      ["Last used", "wide"],
      ["", ""],
    ];
    return h(
      "table",
      { class: "tokens" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...head.map(([label, kind]) =>
            h(
              "th",
              { class: kind, attrs: { scope: "col" } },
              label || h("span", { class: "visually-hidden" }, "Action"),
            ),
          ),
        ),
      ),
      h("tbody", {}, ...tokens.map((token) => row(token, now))),
    );
  }

  function row(token: Token, now: number): HTMLElement {
    const [tone, label] = tokenState(token, now);
    return h(
      "tr",
      {},
      h(
        "td",
        { class: "name" },
        token.name,
        isMe(token.id) && h("span", { class: "hint" }, " (you)"),
        h("code", { class: "hint block", attrs: { title: token.id } }, token.id.slice(0, 8)),
        h("span", { class: "narrow" }, ...grantOf(token)),
      ),
      h("td", { class: "wide" }, ...grantOf(token)),
      h("td", {}, chip(tone, label)),
      h("td", { class: "wide" }, timeCell(token.expires_at)),
      h(
        "td",
        { class: "wide" },
        timeCell(token.created_at),
        h("span", { class: "hint block" }, `by ${token.created_by.slice(0, 8)}`),
      ),
      h("td", { class: "wide" }, token.last_used_day ?? h("span", { class: "hint" }, "never")),
      h(
        "td",
        { class: "action" },
        isInForce(token, now) &&
          button("Revoke…", () => void revoke(token), "", { "aria-label": `Revoke the token ${token.name}` }),
      ),
    );
  }

  return { element, said, refresh };
}

const grantOf = ({ role, personal, sources }: Token): Child[] => [
  roleInWords(role),
  h("span", { class: "hint block" }, limitsInWords(personal, sources)),
];

function timeCell(at: string): HTMLElement {
  return h("time", { attrs: { datetime: at, title: timeOf(at).whole } }, dateOf(at));
}
