/**
 * Consent, told both ways: a decision made in a banner that speaks to the WP Consent API becomes Doorstep's, and one made in
 * Doorstep's own banner is told to the other plug-ins. https://github.com/WordPress/wp-consent-level-api
 */
(() => {
  /** The WP Consent API's category → Doorstep's purpose. Anonymous statistics need more than we could promise for them. */
  const PURPOSES = { statistics: "analytics", marketing: "marketing", preferences: "personalization" };
  const CATEGORIES = Object.entries(PURPOSES);
  const known = new Map();
  let own = false;

  const cookie = (category) =>
    new RegExp(`(?:^|; )wp_consent_${category}=([^;]*)`).exec(document.cookie)?.[1] ?? "";

  /** What a visitor has decided there; nothing where nobody has asked yet, for silence is no decision. */
  const decided = () => {
    const choices = {};
    for (const [category, purpose] of CATEGORIES) {
      const value = cookie(category);
      if (value === "allow" || value === "deny") choices[purpose] = value === "allow";
    }
    return choices;
  };

  /** @param doorstep the script, once it has loaded */
  const tellDoorstep = (doorstep) => {
    if (own) return;
    const choices = decided();
    const now = doorstep.consent.get();
    const differs = Object.entries(choices).some(
      ([purpose, granted]) => !now?.explicit || (now.purposes[purpose] === "granted") !== granted,
    );
    if (differs) void doorstep.consent.set(choices, { evidence: { banner: "wp-consent-api" } });
  };

  const tellWordpress = (state) => {
    if (!state.explicit || typeof window.wp_set_consent !== "function") return;
    own = true; // Its event comes back while it is being told.
    for (const [category, purpose] of CATEGORIES) {
      const value = state.purposes[purpose] === "granted" ? "allow" : "deny";
      if (cookie(category) !== value && known.get(category) !== value) window.wp_set_consent(category, value);
      known.set(category, value);
    }
    own = false;
  };

  const begin = (doorstep) => {
    let isFirst = true;
    doorstep.consent.onChange((state) => {
      // At first the banner that WordPress knows has the word: it may have been asked on a page without Doorstep.
      if (isFirst) tellDoorstep(doorstep);
      isFirst = false;
      tellWordpress(state);
    });
    document.addEventListener("wp_listen_for_consent_change", ({ detail }) => {
      for (const category of Object.keys(detail ?? {})) known.delete(category);
      tellDoorstep(doorstep);
    });
    tellDoorstep(doorstep);
  };

  const wait = (tries) => {
    if (window.doorstep?.consent) begin(window.doorstep);
    else if (tries > 0) setTimeout(wait, 250, tries - 1);
  };
  wait(80);
})();
