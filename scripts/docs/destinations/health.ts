/** What a type's health check asks and can tell: it is run, against a vendor that says yes to everything, and then no. */
import type { DestinationType, Health } from "#forward/destinations/contract";
import { tokenCache } from "#forward/tokens";
import type { Documented } from "./documented.ts";

/** What a vendor that agrees may say; whoever logs in first finds a token in it. */
const YES = { access_token: "token", token_type: "Bearer" };

interface Check {
  health: Health;
  asked: string[];
}

export async function healthOf({ type, examples }: Documented): Promise<string> {
  const [example] = examples;
  if (!example) throw new Error(`${type.name} has no example`);
  const settings = type.settings.parse(example.settings);
  const [yes, no] = await Promise.all([check(type, settings, 200), check(type, settings, 401)]);
  const how = "*Check connection* in the console, and `POST /admin/api/destinations/:key/check`,";
  if (yes.health.status === "unknown" && yes.asked.length === 0)
    return `${how} can ask nothing. ${yes.health.detail}`;
  if (yes.asked.length === 0)
    return `${how} look only at what is set up here. Where that is missing, they say ${inWords(no.health)}.`;
  const asked = yes.asked.map((request) => `\`${request}\``).join(", then ");
  return `${how} send ${asked}, which writes nothing. Where the vendor answers 401, they say ${inWords(no.health)}.`;
}

async function check(type: DestinationType, settings: unknown, status: number): Promise<Check> {
  const asked: string[] = [];
  const health = await type.health({
    settings,
    fetch: async (url, { method = "GET" }) => {
      asked.push(`${method} ${url}`);
      return Response.json({ ...YES, instance_url: new URL(url).origin }, { status });
    },
    now: 0,
    signal: new AbortController().signal,
    allowInsecure: false,
    tokens: tokenCache(),
    queueOf: () => undefined,
  });
  return { health, asked };
}

const inWords = (health: Health): string =>
  [
    `\`${health.status}\``,
    "code" in health && `\`${health.code}\``,
    health.detail && `"${health.detail.replace(/\.$/, "")}"`,
  ]
    .filter(Boolean)
    .join(", ");
