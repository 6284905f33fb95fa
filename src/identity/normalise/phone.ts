/**
 * The normal form of a phone number: E.164. An isolate should not start slower for the numbering plans: they are loaded
 * when the first number comes, and kept. What is kept is the module and never the promise of it, since workerd lets no
 * request await another's. Called by forms.ts.
 */
type Parse = typeof import("./phone-number.ts").parsePhone;

let parse: Parse | undefined;

/** Undefined where the plans are loaded already. */
export const loadPhones = (): Promise<void> | undefined => (parse ? undefined : load());

async function load(): Promise<void> {
  parse = (await import("./phone-number.ts")).parsePhone;
}

/**
 * @param text clean
 * @param country where a number without a country code is from; without it such a number is none
 * @throws Error where nobody has waited for `loadPhones`
 */
export function phoneForm(text: string, country: string | undefined): string | undefined {
  if (!parse) throw new Error("a phone number is read before loadPhones");
  return parse(text, country);
}
