/** Normal forms by name: how the values of a namespace are made alike before they are compared. Used by rules.ts. */
import type { NormalForm } from "#contracts/definitions/identity";
import { emailForm } from "./email.ts";
import { phoneForm } from "./phone.ts";

/** A clean text in its normal form, the same for itself; undefined where it has none. */
export type Form = (text: string, phoneCountry: string | undefined) => string | undefined;

const lower = (text: string): string => text.toLowerCase().normalize("NFC");

/** What people write between the digits of a number. */
const SEPARATORS = /[\s\-./()_]/g;
const OTHERS = /[^\p{L}\p{M}\p{N}]/gu;

export const FORMS: Readonly<Record<NormalForm, Form>> = {
  exact: (text) => text,
  lower,
  digits: (text) => {
    const digits = text.normalize("NFKC").replace(SEPARATORS, "");
    return /^\d+$/.test(digits) ? digits : undefined;
  },
  alphanumeric: (text) => lower(text.normalize("NFKC").replace(OTHERS, "")).normalize("NFKC") || undefined,
  email: emailForm,
  phone: phoneForm,
};
