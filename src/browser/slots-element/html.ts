/**
 * The door's HTML as nodes. It was sanitised when it was published; here it only has to get past a page's Trusted Types: by a
 * policy named `doorstep` (`Content-Security-Policy: trusted-types doorstep`), and where the page allows none, by the
 * browser's own sanitiser.
 */

interface Policy {
  createHTML(html: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

const trusted = (html: string): string => {
  const { trustedTypes } = window as unknown as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("doorstep", { createHTML: (text) => text });
  return policy ? policy.createHTML(html) : html;
};

/** Undefined where the page lets no HTML in. */
export const nodesOf = (html: string): DocumentFragment | undefined => {
  const template = document.createElement("template");
  try {
    template.innerHTML = trusted(html);
  } catch {
    const { setHTML } = template as { setHTML?: (html: string) => void };
    if (!setHTML) return undefined;
    setHTML.call(template, html);
  }
  return template.content;
};
