/**
 * People of whom it is known which identifiers are whose, and what is sent of them: several devices each, devices that two
 * people share, e-mail addresses of a household, typing errors, and claims that nobody has proved. For the tests of
 * identity and for its bench; what is sent comes in an order that is drawn.
 */
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import type { IdentifierNamespace } from "#contracts/taxonomy";

export interface SentIdentifier {
  namespace: IdentifierNamespace;
  value: string;
  proof: IdentifierRef["proof"];
}

export interface Population {
  /** The identifiers of each event. */
  events: SentIdentifier[][];
  /** What is one person's alone: what two people share is nobody's, and not in it. */
  people: { label: string; identifiers: { namespace: IdentifierNamespace; value: string }[] }[];
}

interface Person {
  name: string;
  user: SentIdentifier;
  mail: SentIdentifier;
  phone: SentIdentifier | undefined;
  devices: { cookie: SentIdentifier; anonymous: SentIdentifier | undefined; isProved: boolean }[];
}

/** @param next random numbers from 0 to 1 @param shares of people, but `login` of devices on which somebody logs in */
export function population(
  count: number,
  next: () => number,
  { login = 0.9, phone = 0.5, household = 0.15, shared = 0.15, typing = 0.2, lying = 0.1 } = {},
): Population {
  const hits = (share: number) => next() < share;
  const one = (
    namespace: IdentifierNamespace,
    value: string,
    proof: SentIdentifier["proof"],
  ): SentIdentifier => ({
    namespace,
    value,
    proof,
  });
  const as = (proof: SentIdentifier["proof"], sent: SentIdentifier): SentIdentifier => ({ ...sent, proof });
  const people = Array.from({ length: count }, (_, n): Person => {
    const name = `p${n}`;
    return {
      name,
      user: one("user_id", `user-${n}`, "source"),
      mail: one("email", `${name}@mail.example`, "source"),
      phone: hits(phone) ? one("phone", `+42190${String(1_000_000 + n)}`, "source") : undefined,
      devices: Array.from({ length: 1 + Math.floor(next() * 4) }, (_, device) => ({
        cookie: one("visitor_id", `${name}-visitor-${device}`, "cookie"),
        anonymous: hits(0.6) ? one("anonymous_id", `${name}-anonymous-${device}`, "claim") : undefined,
        isProved: hits(login),
      })),
    };
  });
  const events: SentIdentifier[][] = [];
  const other = () => people[Math.floor(next() * people.length)] as Person; // there is one at least
  for (const person of people) {
    const { user, mail, phone: number, devices } = person;
    events.push([user, mail], [user, mail, ...(number ? [number] : [])]);
    for (const { cookie, anonymous, isProved } of devices) {
      const browser = [cookie, ...(anonymous ? [anonymous] : [])];
      events.push(browser, browser);
      if (isProved) events.push([...browser, as("token", user)]);
      // In another spelling it is the same address.
      if (hits(0.5)) events.push([...browser, one("email", ` ${mail.value.toUpperCase()} `, "claim")]);
      if (hits(typing)) events.push([...browser, one("email", mail.value.replace("@", "x@"), "claim")]);
      if (hits(lying)) events.push([...browser, as("claim", other().mail), as("claim", other().user)]);
    }
    if (hits(household)) {
      const home = one("email", `home-${person.name}@mail.example`, "source");
      events.push([user, home], [other().user, home]);
    }
    if (hits(shared)) {
      const tablet = one("visitor_id", `tablet-of-${person.name}`, "cookie");
      let second = other();
      if (second === person) second = people.find((each) => each !== person) ?? person;
      events.push([tablet, as("token", user)], [tablet, as("token", second.user)], [tablet]);
    }
  }
  for (let n = events.length - 1; n > 0; n--) {
    const at = Math.floor(next() * (n + 1));
    [events[n], events[at]] = [events[at] as SentIdentifier[], events[n] as SentIdentifier[]];
  }
  return {
    events,
    people: people.map(({ name, user, mail, phone: number, devices }) => ({
      label: name,
      identifiers: [
        user,
        mail,
        ...(number ? [number] : []),
        ...devices.flatMap(({ cookie, anonymous }) => [cookie, ...(anonymous ? [anonymous] : [])]),
      ].map(({ namespace, value }) => ({ namespace, value })),
    })),
  };
}
