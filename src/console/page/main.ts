/**
 * The console: log in, then a view by the address's hash (`#/live`, `#/live/<event id>`, `#/requests/<id>` …; the views
 * are in places.ts). A view is made when it is first shown, and hidden when another is; only the shown one asks the
 * server for anything.
 */
import { call, onAnswer, problemInWords } from "./api.ts";
import { button, empty, h } from "./dom.ts";
import { loginForm } from "./login.ts";
import { allows, type Me, setMe } from "./may.ts";
import { notPermitted } from "./not-permitted.ts";
import { PLACES } from "./places.ts";
import { adoptTokenFromAddress, behindAccess, saveToken, token } from "./session.ts";
import { type Place, type Shell, shell, type View } from "./shell.ts";

const root = document.getElementById("app");
if (root) start(root);

function start(app: HTMLElement): void {
  adoptTokenFromAddress();
  let stop: (() => void) | undefined;
  let turn = 0;

  /** Ask who it is that the token lets in, and show what they may see. */
  const enter = async () => {
    stop?.();
    stop = undefined;
    const own = ++turn;
    const refused = token()
      ? "That token is not accepted. Log in again."
      : "Cloudflare Access names nobody who has a role here.";
    onAnswer((status) => status === "unauthorized" && leave(refused));
    const answer = await call<Me>("GET", "me");
    if (own !== turn || answer.status === "unauthorized") return;
    if (answer.status === "ok") return open(answer.body);
    app.replaceChildren(
      h(
        "main",
        { class: "login" },
        empty(
          problemInWords(answer) ?? "",
          button("Try again", () => void enter(), "primary"),
          button("Log out", () => leave(), "plain"),
        ),
      ),
    );
  };

  const open = (me: Me) => {
    setMe(me);
    const frame = shell(PLACES, me, () => leave());
    onAnswer((status) => {
      if (status === "unauthorized") leave("You are not let in any more. Log in again.");
      else frame.connection(status !== "offline");
    });
    app.replaceChildren(frame.element);
    const stopRouting = route(frame);
    stop = () => {
      stopRouting();
      onAnswer(() => {});
      setMe(undefined);
    };
  };

  const leave = (message?: string) => {
    stop?.();
    stop = undefined;
    turn++;
    saveToken("");
    app.replaceChildren(
      h(
        "main",
        { class: "login" },
        loginForm(
          message,
          (given) => {
            saveToken(given);
            void enter();
          },
          behindAccess() ? () => void enter() : undefined,
        ),
      ),
    );
  };

  // A link with another token, opened in a tab that shows the console already.
  addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#token=")) return;
    adoptTokenFromAddress();
    void enter();
  });
  if (token() || behindAccess()) void enter();
  else leave();
}

/** Shows the view that the address names, now and whenever it changes; gives what ends that. */
function route(frame: Shell): () => void {
  const made = new Map<string, View>();
  const [first = "live"] = Object.entries(PLACES).find(([, { needs }]) => allows(needs)) ?? [];
  let shown: View | undefined;
  const show = () => {
    const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
    const key = Object.hasOwn(PLACES, name) ? name : first;
    const place = PLACES[key];
    if (!place) return;
    const view = made.get(key) ?? (allows(place.needs) ? place.make() : closed(place));
    made.set(key, view);
    if (shown !== view) shown?.hide();
    shown = view;
    frame.select(key, view.element);
    view.show(decode(rest.join("/")));
  };
  addEventListener("hashchange", show);
  show();
  return () => {
    shown?.hide();
    removeEventListener("hashchange", show);
  };
}

/** In place of a view that one may not see. */
const closed = ({ title, needs }: Place): View => ({
  element: h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, title)),
    notPermitted(title, needs),
  ),
  show: () => {},
  hide: () => {},
});

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A hand-written address.
  }
}
