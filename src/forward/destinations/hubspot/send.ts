/**
 * A batch on its way to HubSpot: contacts first, then what hangs on them, each step only for items whose last step was
 * confirmed. An item is delivered when all of it is; else all of it is repeated, which every step takes.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import type { Mapped, SendContext } from "../contract.ts";
import type { Session } from "./api.ts";
import { type Wanted, writeBeside } from "./beside.ts";
import { upsertContacts } from "./contacts.ts";
import { DEAL_PROPERTIES, foldDeal } from "./deals.ts";
import { sendEvents } from "./events.ts";
import type { HubspotBody } from "./map.ts";
import { changes, type Properties, written } from "./properties.ts";
import { HUBSPOT_HOSTS, type HubspotSettings } from "./settings.ts";

/** An item whose steps so far are confirmed. */
interface Open {
  index: number;
  itemId: string;
  body: HubspotBody;
  contact: string | undefined;
}

/** Send a batch; one outcome for each body. */
export async function sendHubspot(
  bodies: readonly Mapped<HubspotBody>[],
  context: SendContext<HubspotSettings>,
): Promise<DeliveryOutcome[]> {
  const { settings } = context;
  const unsafe = unsafeEndpoint(settings.endpoint, HUBSPOT_HOSTS, context.allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));

  const session: Session = { context, requests: 0 };
  const { outcomes, admitted } = await upsertContacts(session, bodies);
  const open = (): Open[] =>
    [...bodies.entries()]
      .flatMap(([index, { itemId, body }]) => {
        const outcome = outcomes[index];
        return outcome?.status === "delivered" ? [{ index, itemId, body, contact: outcome.detail }] : [];
      })
      .sort((a, b) => a.body.occurredAt - b.body.occurredAt || a.index - b.index);
  const settle = (items: readonly Open[], outcome: DeliveryOutcome | undefined) => {
    const failed = outcome ?? { status: "retry", code: "unconfirmed" };
    if (failed.status !== "delivered") for (const { index } of items) outcomes[index] = failed;
  };

  const beside = async (
    part: "company" | "deal",
    idProperty: string,
    foldOf: (items: readonly Open[]) => Wanted["fold"],
  ) => {
    // What hangs on a contact is made of proofs, whatever a mapping has added to a claim.
    const proved = open().filter(({ body }) => body.verified);
    // Confirmed, but by an answer without the contact's id: nothing can be associated with it.
    settle(
      proved.filter(({ body, contact }) => body[part] && contact === undefined),
      undefined,
    );
    const groups = grouped(
      proved.filter(({ contact }) => contact !== undefined),
      (body) => body[part]?.id,
    );
    const wanted = new Map(groups.map((items) => [wantedOf(items, part, foldOf(items)), items]));
    const done = await writeBeside(session, part === "deal" ? "deals" : "companies", idProperty, [
      ...wanted.keys(),
    ]);
    for (const [one, items] of wanted) settle(items, done.get(one));
  };
  if (settings.companies) await beside("company", settings.companies.id_property, foldCompany);
  if (settings.deals) {
    const { id_property, refunded_stage } = settings.deals;
    await beside("deal", id_property, (items) => {
      const told = items.flatMap(({ itemId, body: { deal, modes } }) =>
        deal ? [{ itemId, deal, modes }] : [],
      );
      return (known) => foldDeal(known, told, refunded_stage);
    });
  }
  // A stranger who knows an address may not write on that person's timeline.
  const telling = open().filter(({ index }) => admitted[index] === "own");
  for (const [item, outcome] of await sendEvents(session, telling)) settle([item], outcome);
  return outcomes;
}

function grouped(items: readonly Open[], idOf: (body: HubspotBody) => string | undefined): Open[][] {
  const groups = new Map<string, Open[]>();
  for (const item of items) {
    const id = idOf(item.body);
    if (id !== undefined) groups.set(id, [...(groups.get(id) ?? []), item]);
  }
  return [...groups.values()];
}

function wantedOf(items: readonly Open[], part: "company" | "deal", fold: Wanted["fold"]): Wanted {
  const [first] = items;
  return {
    names: [
      ...(part === "deal" ? DEAL_PROPERTIES : []),
      ...items.flatMap(({ body }) => Object.keys(body[part]?.properties ?? {})),
    ],
    id: first?.body[part]?.id ?? "",
    traceId: first?.itemId ?? "",
    contacts: items.flatMap(({ contact }) => contact ?? []),
    fold,
  };
}

/** A company's name is what the CRM calls it; whatever else is said is written over what is there. */
const foldCompany =
  (items: readonly Open[]) =>
  (known: Properties): Properties => {
    const now: Record<string, string> = { ...known };
    for (const { body } of items)
      for (const [name, value] of Object.entries(body.company?.properties ?? {})) {
        const mode =
          body.modes?.[`company.properties.${name}`] ?? (name === "name" ? "if_empty" : "overwrite");
        now[name] = written(mode, name, now[name] ?? "", value);
      }
    return changes(known, now);
  };
