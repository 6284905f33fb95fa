/** What a dry run shows in the place of traits and secrets. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { naming, STAND_IN_TRAITS } from "#forward/mapping/stand-ins";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const { email, phone, first_name, customer_id } = STAND_IN_TRAITS;

it.each([
  [email, "<email>"],
  [email.toUpperCase(), "<email>"],
  [`To: ${first_name} <${email}>`, "To: <first_name> <<email>>"],
  [phone, "<phone>"],
  [phone.slice(1), "<phone>"],
  [customer_id, "<customer_id>"],
  [sha256(email), "<sha256 of email>"],
  [[sha256(phone.slice(1))], ["<sha256 of phone>"]],
  [{ fn: [sha256(first_name.toLowerCase())] }, { fn: ["<sha256 of first_name>"] }],
  [
    { key: "pat-eu1-secret", n: 5, none: null },
    { key: "<secret>", n: 5, none: null },
  ],
  ["nothing of it", "nothing of it"],
  [sha256("another"), sha256("another")],
])("%j is shown as %j", (value, shown) => expect(naming(["pat-eu1-secret"])(value)).toEqual(shown));
