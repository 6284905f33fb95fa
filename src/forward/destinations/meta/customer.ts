/**
 * Who an event is about, in Meta's form: SHA-256 of normalised values, and what must stay as it is. A value that already
 * looks like a hash is hashed like any other, or a sender could put in whom they like.
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { defined, record, text } from "../read.ts";

const hashes = z.array(z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex")).exactOptional();
const plain = z.string().min(1).exactOptional();

export const customerSchema = z.strictObject({
  em: hashes,
  ph: hashes,
  fn: hashes,
  ln: hashes,
  ge: hashes,
  db: hashes,
  ct: hashes,
  st: hashes,
  zp: hashes,
  country: hashes,
  external_id: hashes,
  client_user_agent: plain,
  client_ip_address: plain,
  fbc: plain,
  fbp: plain,
});
export type Customer = z.infer<typeof customerSchema>;

/** One of them must be there: Meta refuses what could be anybody (subcode 2804050). */
const KEYS = ["em", "ph", "external_id", "fbc", "fbp"] as const;

/** Whether Meta has something to find a person by. */
export const isFindable = (customer: Customer): boolean => KEYS.some((key) => customer[key] !== undefined);

export function customerOf(event: DeliveryEvent, traits: Traits): Customer {
  const { geo, device, click_ids } = event.context;
  const country = text(geo?.country)?.toLowerCase();
  const fbclid = text(record(click_ids).fbclid);
  return {
    ...defined<string[]>({
      em: hashed(traits.email?.trim().toLowerCase()),
      ph: hashed(phone(traits.phone)),
      fn: hashed(name(traits.first_name)),
      ln: hashed(name(traits.last_name)),
      st: hashed(country === "us" ? text(geo?.region)?.toLowerCase() : undefined),
      country: hashed(country),
      external_id: [event.profile, traits.customer_id?.trim()].flatMap((id) => hashed(id) ?? []),
    }),
    ...defined<string>({
      client_user_agent: agent(text(device?.browser), text(device?.os)),
      // Index 1: made by a server that keeps no `_fbc` cookie. The moment is when the click id was first seen.
      // https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/fbp-and-fbc
      fbc: fbclid && `fb.1.${event.occurredAt}.${fbclid}`,
    }),
  };
}

const hashed = (value: string | undefined): string[] | undefined =>
  value ? [bytesToHex(sha256(utf8ToBytes(value)))] : undefined;

/** Digits with the country's code and without leading zeros, `(0)` among them. A number that lacks the code could be anybody's. */
function phone(given: string | undefined): string | undefined {
  const bare = given?.replace("(0)", "").replace(/[^\d+]/g, "") ?? "";
  if (!/^(\+|00)/.test(bare)) return undefined;
  const digits = bare.replaceAll("+", "").replace(/^0+/, "");
  return /^\d{7,15}$/.test(digits) ? digits : undefined;
}

/** In lower case, without punctuation, in any script. */
const name = (given: string | undefined): string | undefined =>
  given
    ?.toLowerCase()
    .replace(/[\p{P}\p{S}\d]/gu, "")
    .replace(/\s+/g, " ")
    .trim();

/** What Doorstep keeps of a user agent, in the form of one: `Chrome/154 (Windows)`. */
const agent = (browser: string | undefined, os: string | undefined): string | undefined =>
  browser && `${browser.replace(/ (\d+)$/, "/$1")}${os ? ` (${os})` : ""}`;
