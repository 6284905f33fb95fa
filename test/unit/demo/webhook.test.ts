import { createHmac } from "node:crypto";
import { beforeEach, expect, it } from "vitest";
import { verify, WEBHOOK_SECRET } from "../../../demo/sandbox/webhook.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const nowSeconds = () => Math.floor(Date.now() / 1000);

function signed(body: string, { id = "msg_1", at = nowSeconds(), secret = WEBHOOK_SECRET } = {}) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${signature}`,
    "content-type": "application/json",
  };
}

it("verifies the vector of the specification", () => {
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const request = { headers, body: Buffer.from('{"test": 2432232314}') };
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  expect(verify(request, secret, new Date(1_614_265_330_000))).toEqual({
    ok: true,
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  });
  expect(verify(request, secret, new Date(1_614_265_330_000 + 301_000)).ok).toBe(false);
});

it("takes a signed call, also when its signature is one of several", async () => {
  const body = '{"type":"profile.changed"}';
  const headers = signed(body);
  headers["webhook-signature"] = `v1,AAAA v2,zzz ${headers["webhook-signature"]}`;
  const response = await demo.call("/webhook", { body, headers });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ok: true });
  expect(await demo.received("webhook")).toMatchObject([
    { method: "POST", path: "/webhook", status: 200, valid: true, body: { type: "profile.changed" } },
  ]);
});

it("answers a repeated webhook-id like the first and notes it", async () => {
  for (let n = 0; n < 2; n += 1)
    expect((await demo.call("/webhook", { body: "{}", headers: signed("{}") })).status).toBe(200);
  expect((await demo.received("webhook")).map(({ duplicate }) => duplicate)).toEqual([false, true]);
});

it.each([
  [
    "another secret",
    signed("{}", { secret: `whsec_${Buffer.from("another secret of 24 byte").toString("base64")}` }),
  ],
  ["a signature over another body", signed("[]")],
  ["a timestamp 6 minutes old", signed("{}", { at: nowSeconds() - 360 })],
  ["a timestamp 6 minutes ahead", signed("{}", { at: nowSeconds() + 360 })],
  ["a timestamp that is no number", { ...signed("{}"), "webhook-timestamp": "soon" }],
  ["no signature", { "webhook-id": "msg_1" }],
])("answers 401 to %s", async (_what, headers) => {
  const response = await demo.call("/webhook", { body: "{}", headers });
  expect(response.status).toBe(401);
  expect(await demo.received("webhook")).toMatchObject([{ status: 401, valid: false }]);
});
