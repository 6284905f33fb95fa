/**
 * The site's own script: the consent banner, and the shop's events. The measuring script (/doorstep.js)
 * may be absent or blocked; then the banner stays away and the shop works all the same.
 */
const doorstep = window.doorstep;
const banner = document.getElementById("consent");
const details = document.getElementById("consent-details");
const PURPOSES = ["analytics", "marketing", "personalization"];
/** Version of the banner, as the record of a decision names it. */
const BANNER = "fjord-1";

/** Runs a call of the measuring script; its trouble is never the page's. */
async function quietly(call) {
  try {
    return await call();
  } catch {
    return undefined;
  }
}

const json = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : undefined;
};

// ---- consent ----

const boxes = (form) => [...form.querySelectorAll("[data-purpose]")];

function show(state) {
  for (const box of document.querySelectorAll("[data-purpose]")) {
    box.checked = state.purposes[box.dataset.purpose] === "granted";
  }
}

async function choose(purposes) {
  const state = await quietly(() => doorstep.consent.set(purposes, { evidence: { banner: BANNER } }));
  if (!state) return;
  show(state);
  banner.hidden = true;
}

const all = (granted) => Object.fromEntries(PURPOSES.map((purpose) => [purpose, granted]));
const chosen = (form) => Object.fromEntries(boxes(form).map((box) => [box.dataset.purpose, box.checked]));

function openDetails(open) {
  details.hidden = !open;
  banner.querySelector('[data-consent="choose"]').setAttribute("aria-expanded", String(open));
}

/** The consent in force, as soon as the measuring script knows it. */
const knownConsent = () =>
  new Promise((resolve) => {
    const known = doorstep.consent.get();
    if (known) return resolve(known);
    const stop = doorstep.consent.onChange((state) => {
      stop();
      resolve(state);
    });
  });

async function startConsent() {
  const state = await quietly(knownConsent);
  if (!state) return;
  show(state);
  // The privacy page has Doorstep's own choices in a frame.
  const choices = document.querySelector("[data-consent-page]");
  // Where everything is allowed until someone objects, the footer's link is enough.
  banner.hidden = state.explicit || state.purposes.analytics === "granted" || choices !== null;
  void quietly(() => doorstep.consent.onChange((next) => next && show(next)));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-consent]");
    if (button?.dataset.consent === "accept") void choose(all(true));
    if (button?.dataset.consent === "reject") void choose(all(false));
    if (button?.dataset.consent === "choose") openDetails(details.hidden);
    if (event.target.closest("[data-consent-open]") && !choices) {
      event.preventDefault();
      banner.hidden = false;
      openDetails(true);
      banner.focus();
    }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("#consent-details")) return;
    event.preventDefault();
    void choose(chosen(event.target));
  });
  banner.addEventListener("keydown", (event) => {
    if (event.key === "Escape") openDetails(false);
  });
}

// ---- who is signed in ----

/** Tells Doorstep once per tab and member, with the token that proves it, as soon as anything may be told. */
function startMember() {
  const told = "member-told";
  const member = json("member");
  if (!member) return sessionStorage.removeItem(told);
  const tell = (state) => {
    if (!state || sessionStorage.getItem(told) === member.user_id) return;
    if (!Object.values(state.purposes).includes("granted")) return;
    sessionStorage.setItem(told, member.user_id);
    const { user_id, traits, token } = member;
    void quietly(() => doorstep.identify(user_id, { traits, token }));
  };
  void quietly(async () => tell(await knownConsent()));
  void quietly(() => doorstep.consent.onChange(tell));
}

// ---- the shop's events ----

const track = (name, properties) => quietly(() => doorstep.track(name, properties));

function startEvents() {
  const product = json("product");
  document.querySelector("[data-add-to-cart]")?.addEventListener("submit", (event) => {
    const quantity = Number(new FormData(event.target).get("quantity")) || 1;
    void track("add_to_cart", { ...product, quantity, value: product.price * quantity });
  });
  document
    .querySelector("[data-login]")
    ?.addEventListener("submit", () => void track("login", { method: "password" }));

  const order = json("order");
  if (order) {
    const key = `order-sent:${order.order_id}`;
    // A reload of the thanks page is not a second purchase.
    if (localStorage.getItem(key) === null) {
      localStorage.setItem(key, "1");
      void track("purchase", order);
    }
  }
}

// ---- the developer's country switch ----

function startCountrySwitch() {
  const select = document.querySelector("[data-dev-country]");
  const current = /(?:^|; )ds_dev_country=([A-Z]{2})/.exec(document.cookie);
  select.value = current ? current[1] : "";
  select.form.querySelector("button").hidden = true;
  select.addEventListener("change", () => {
    const age = select.value === "" ? 0 : 31_536_000;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that can run the demo
    document.cookie = `ds_dev_country=${select.value}; path=/; samesite=lax; max-age=${age}`;
    location.reload();
  });
}

startCountrySwitch();
if (doorstep) {
  startEvents();
  startMember();
  void startConsent();
}
