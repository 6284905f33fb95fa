/**
 * Operators are told of a destination that has stopped by itself: it refuses our credentials, its settings are wrong, or
 * nothing has got through for ten minutes. Once for each time that it happens; called by the schedule, so that it is
 * told however a consumer ended.
 */
import { type AlertTarget, sendAlert } from "#core/alert";
import { logError } from "#core/log";
import type { Alarm } from "./circuit.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import { expiry } from "./send.ts";

/** Slack takes one message a second. https://docs.slack.dev/apis/web-api/rate-limits */
const BETWEEN_MS = 1_000;
const AT_ONCE = 20;

/** Tell what has not been told. @param now epoch ms */
export async function alertOperators(
  keys: readonly string[],
  namespace: DurableObjectNamespace<Destination>,
  target: AlertTarget,
  now: number,
): Promise<void> {
  let told = 0;
  for (const key of keys) {
    const object = destinationObject(namespace, key);
    for (const alarm of await alarmsAt(object, now)) {
      if (told >= AT_ONCE) return;
      if (told++ > 0) await expiry(BETWEEN_MS);
      console.warn(`destination ${key}: ${alarm.type}, ${alarm.reason}`);
      const { type, reason, since } = alarm;
      const body = { type, text: textOf(key, alarm), destination: key, reason, since: isoOf(since) };
      // Who does not answer is not waited for again: the next run tells the rest.
      if (!(await sendAlert(target, body))) return;
      await object.told(alarm);
    }
  }
}

/** One object that does not answer keeps nobody from hearing of the others. */
const alarmsAt = (object: DurableObjectStub<Destination>, now: number): Promise<Alarm[]> =>
  object.alarms(now).catch((error: unknown) => {
    logError("asking what operators are to be told failed", error);
    return [];
  });

const isoOf = (ms: number): string => new Date(ms).toISOString();

function textOf(key: string, { type, reason, since }: Alarm): string {
  const [code, name] = reason.split(":", 2);
  const why =
    type === "delivery.circuit_open"
      ? `nothing has got through since ${isoOf(since)}; it is asked again by itself`
      : code === "unauthorized"
        ? "it refuses our credentials: mend them, and resume it"
        : `its configuration is wrong (${name === undefined ? code : `${code}: ${name}`}): mend it, and resume it`;
  return `Doorstep: deliveries to "${key}" have stopped: ${why}. Its items are kept.`;
}
