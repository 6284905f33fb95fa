/**
 * The console: log in, then one of five views by the address's hash (`#/live`, `#/live/<event id>`, `#/destinations`,
 * `#/quarantine`, `#/consent`, `#/consent/<event id>`, `#/release`). A view is built once and shown or hidden; only the shown one asks the server for anything.
 */
import { onAnswer } from "./api.ts";
import { consentView } from "./consent.ts";
import { destinationsView } from "./destinations.ts";
import { h } from "./dom.ts";
import { liveView } from "./live.ts";
import { loginForm } from "./login.ts";
import { quarantineView } from "./quarantine.ts";
import { releaseView } from "./release.ts";
import { adoptTokenFromAddress, saveToken, token } from "./session.ts";
import { shell, type View } from "./shell.ts";

const root = document.getElementById("app");
if (root) start(root);

function start(app: HTMLElement): void {
  adoptTokenFromAddress();
  let stop: (() => void) | undefined;

  const enter = () => {
    stop?.();
    stop = undefined;
    if (!token()) return leave();
    const views: Record<string, View> = {
      live: liveView(),
      destinations: destinationsView(),
      quarantine: quarantineView(),
      consent: consentView(),
      release: releaseView(),
    };
    const frame = shell(views, () => leave());
    let shown: View | undefined;
    const route = () => {
      const [name = "", argument = ""] = location.hash.replace(/^#\/?/, "").split("/", 2);
      const key = Object.hasOwn(views, name) ? name : "live";
      const view = views[key];
      if (shown !== view) shown?.hide();
      shown = view;
      frame.select(key);
      view?.show(decode(argument));
    };
    onAnswer((status) => {
      if (status === "unauthorized") leave("That token is not accepted. Log in again.");
      else frame.connection(status !== "offline");
    });
    addEventListener("hashchange", route);
    stop = () => {
      shown?.hide();
      removeEventListener("hashchange", route);
      onAnswer(() => {});
    };
    app.replaceChildren(frame.element);
    route();
  };

  const leave = (message?: string) => {
    stop?.();
    stop = undefined;
    saveToken("");
    app.replaceChildren(
      h(
        "main",
        { class: "login" },
        loginForm(message, (given) => {
          saveToken(given);
          enter();
        }),
      ),
    );
  };

  // A link with another token, opened in a tab that shows the console already.
  addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#token=")) return;
    adoptTokenFromAddress();
    enter();
  });
  enter();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A hand-written address.
  }
}
