/**
 * The buttons of the privacy page: ask Doorstep, in a request of our own page, for what is kept of this browser, and follow
 * the request until there is an answer. https://github.com/opengdpr/opengdpr has the shape of the request.
 */
const section = document.querySelector("[data-rights]");
const status = section.querySelector("[data-status]");
const dialog = section.querySelector("[data-dialog]");
const buttons = [...section.querySelectorAll("button[data-ask], button[data-confirm]")];
const POLL_MS = 1_000;
const MAX_POLLS = 90;
/** After an erasure the page is loaded anew, so that its script forgets, too. */
const ERASED = "#erased";

const REFUSED = {
  no_identities: "Nothing is kept of this browser: it has no id of ours.",
  already_requested: "You have asked for that already, and it is being done.",
  too_many_requests_today: "Many people ask today. Please come back tomorrow.",
};
const DONE = {
  access: ["This is ready.", "Open the page"],
  portability: ["This is ready.", "Save the file"],
  opt_out: ["Done: nothing of this browser goes to marketing tools any more."],
};

function say(text, link) {
  status.hidden = false;
  status.replaceChildren(text);
  if (link) {
    const anchor = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text });
    status.append(" ", anchor);
  }
}

async function answerOf(path, init) {
  const response = await fetch(path, init);
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(REFUSED[body.code] ?? "That did not work. Please try again in a minute.");
}

const send = (type) =>
  answerOf("/privacy/requests", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      regulation: section.dataset.regulation,
      subject_request_id: crypto.randomUUID(),
      subject_request_type: type,
      submitted_time: new Date().toISOString(),
    }),
  });

/** The request when it has ended; as it is, where that takes too long to wait for. */
async function ended(request) {
  let now = request;
  for (let polls = 0; now.request_status === "in_progress" && polls < MAX_POLLS; polls++) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    now = await answerOf(`/privacy/requests/${request.subject_request_id}`);
  }
  return now;
}

async function ask(type) {
  for (const button of buttons) button.disabled = true;
  say("One moment …");
  try {
    const request = await send(type);
    if (type === "erasure") {
      location.hash = ERASED;
      location.reload();
      return;
    }
    const { request_status, results_url } = await ended(request);
    const [text, link] = DONE[type];
    if (request_status === "completed") say(text, link && { href: results_url, text: link });
    else say("It takes longer than usual. It goes on without you: come back later.");
  } catch (error) {
    say(error instanceof TypeError ? "There is no connection. Please try again." : error.message);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

for (const button of section.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => void ask(button.dataset.ask));
}
section.querySelector("[data-confirm]").addEventListener("click", () => dialog.showModal());
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "erase") void ask("erasure");
  dialog.returnValue = "";
});
if (location.hash === ERASED) {
  history.replaceState(null, "", location.pathname);
  say("Done here: this browser is a new one to us. Services that know it are told to delete it as well.");
  status.scrollIntoView({ block: "center" });
}
