/** A warehouse: one row for each event, many rows in an insert, and an error for each row that does not fit the table. */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import type { DestinationType, Mapped, SendContext } from "#forward/destinations/contract";
import { healthOf } from "#forward/destinations/health";
import { discard, readJson, refusal, request } from "#forward/destinations/http";
import { type Called, isolateEach } from "#forward/destinations/isolate";

const API = "https://warehouse.example/v1/tables";
const settings = z.strictObject({
  token: z.string().meta({ title: "Token", description: "That may insert into the table." }),
  table: z.string().regex(/^\w+$/).meta({ title: "Table", description: "Where the rows go." }),
});
const body = z.strictObject({
  event: z.string(),
  occurred_at: z.string(),
  profile: z.string(),
  properties: z.record(z.string(), z.unknown()),
});
type Settings = z.infer<typeof settings>;
type Body = z.infer<typeof body>;

export const warehouse: DestinationType<Settings, Body> = {
  name: "warehouse",
  title: "Warehouse",
  settings,
  credentials: ["token"],
  // By the row's id, which is the item's.
  deduplicates: true,
  limits: { batch: 500, perRequest: 500, requestsPerSecond: 10, concurrency: 4 },
  needs: [],
  needsPersonal: false,
  changes: false,
  body,
  map: ({ name, occurredAt, profile, properties }) => ({
    status: "mapped",
    body: { event: name, occurred_at: new Date(occurredAt).toISOString(), profile, properties },
  }),
  send: (bodies, context) => isolateEach(bodies, (rows) => insert(rows, context)),
  async health({ settings: { token, table }, fetch, signal, now }) {
    const headers = { authorization: `Bearer ${token}` };
    const sent = await request(fetch, `${API}/${table}`, { method: "GET", headers }, signal);
    if (sent.arrived) await discard(sent.response);
    return healthOf(sent, now);
  },
  erasure: "Rows of one of the person's profiles are deleted by a job of the warehouse's own, once a day.",
};

const answerSchema = z.object({ errors: z.array(z.object({ row: z.int(), reason: z.string() })) });

async function insert(
  rows: readonly Mapped<Body>[],
  { settings: { token, table }, fetch, signal, now }: SendContext<Settings>,
): Promise<Called<DeliveryOutcome[]>> {
  const text = JSON.stringify({ rows: rows.map(({ itemId, body }) => ({ id: itemId, ...body })) });
  const init = { headers: { authorization: `Bearer ${token}` }, body: text };
  const sent = await request(fetch, `${API}/${table}/insert`, init, signal);
  if (!sent.arrived) return { status: "refused", outcome: sent.outcome };
  const refused = refusal(sent.response, now);
  if (refused) return { status: "refused", outcome: refused };
  const read = await readJson(sent.response);
  const answer = answerSchema.safeParse(read.kind === "json" ? read.value : undefined);
  if (!answer.success) return { status: "refused", outcome: { status: "retry", code: "answer_unexpected" } };
  const faults = new Map(answer.data.errors.map(({ row, reason }) => [row, reason]));
  const outcomes = rows.map((_, row): DeliveryOutcome => {
    const code = faults.get(row);
    return code === undefined ? { status: "delivered" } : { status: "failed", code };
  });
  return { status: "answered", answer: outcomes };
}
