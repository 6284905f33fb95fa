/** The real Workflow: begun by the door, by an operator and by cron, retried, restarted, and never twice. */
import { introspectWorkflowInstance } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { suppressedAmong } from "#identity/erasures";
import { stepOf } from "#subjects/request";
import { readRequest } from "#subjects/store";
import { resumeRequests } from "#subjects/tend";
import { startWork } from "#subjects/work";
import { eventually } from "../../setup/eventually.ts";
import { IDENTITY } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { ask, bodyOf, email, OPERATOR, personWith, SERVER, take } from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

const row = async (id: string) => {
  const found = await readRequest(env.IDENTITY_0, id);
  if (!found) throw new Error("there is no such request");
  return found;
};

describe("the workflow of a request", () => {
  it("is begun by the answer to the request, and ends with the proof", async () => {
    const [key = ""] = await personWith("flow@example.com", ["login", "purchase"]);
    const body = bodyOf("erasure", [email("flow@example.com")]);
    await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, body.subject_request_id);
    await instance.modify((m) => m.disableSleeps());
    expect((await ask(body, SERVER)).status).toBe(201);
    await instance.waitForStatus("complete");
    const done = await row(body.subject_request_id);
    expect(done).toMatchObject({ status: "completed", subjects: [], sealed: null });
    expect([...(await suppressedAmong(IDENTITY, [key]))]).toEqual([key]);
    const response = await request(`/privacy/requests/${body.subject_request_id}`, { headers: SERVER });
    expect(await response.json()).toMatchObject({
      request_status: "completed",
      completed_time: expect.any(String),
    });
    const proof = await request(`/admin/api/subject-requests/${body.subject_request_id}/proof`, {
      headers: OPERATOR,
    });
    expect(await proof.json()).toMatchObject({ verified: true });
  });

  it("goes on where a step has thrown, and shows one that has thrown too often, until an operator has it tried again", async () => {
    await personWith("throws@example.com", ["login"]);
    const body = bodyOf("erasure", [email("throws@example.com")]);
    const id = body.subject_request_id;
    {
      await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, id);
      await instance.modify(async (m) => {
        await m.disableSleeps();
        await m.disableRetryDelays();
        await m.mockStepError({ name: "edge" }, new Error("once"), 1);
        await m.mockStepError({ name: "live" }, new Error("for good"), 20);
      });
      await ask(body, SERVER);
      await instance.waitForStatus("complete");
      const stuck = await row(id);
      expect(stuck.status).toBe("in_progress");
      expect(stepOf(stuck, "edge")?.status).toBe("confirmed");
      expect(stepOf(stuck, "live")).toMatchObject({ status: "failed", detail: "Error" });
      // The others were done all the same; only the end was not.
      expect(stepOf(stuck, "lake")?.status).toBe("confirmed");
      expect(stepOf(stuck, "prove")).toBeUndefined();
    }
    const retried = await request(`/admin/api/subject-requests/${id}/retry`, {
      method: "POST",
      headers: OPERATOR,
    });
    expect(retried.status).toBe(200);
    await eventually(async () => expect((await row(id)).status).toBe("completed"));
    expect(stepOf(await row(id), "live")?.status).toBe("confirmed");
  });

  it("is begun by cron where the Worker died before, and is one however often it is begun", async () => {
    await personWith("cron@example.com", ["login"]);
    const id = await take("erasure", [email("cron@example.com")]);
    const later = Date.now() + 11 * 60_000;
    await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, id);
    await instance.modify((m) => m.disableSleeps());
    await resumeRequests({ db: env.IDENTITY_0, instances: env.SUBJECT_REQUESTS }, later);
    await startWork(env.SUBJECT_REQUESTS, id);
    await instance.waitForStatus("complete");
    expect((await row(id)).status).toBe("completed");
    const log = await env.LAKE.list({ prefix: "erasures/log/" });
    const texts = await Promise.all(log.objects.map(async ({ key }) => (await env.LAKE.get(key))?.text()));
    expect(texts.filter((text) => text?.includes(id))).toHaveLength(1);
  });

  it("gathers an access request, whose answer is then given to whoever asked", async () => {
    await personWith("gather@example.com", ["login", "purchase"]);
    const body = bodyOf("access", [email("gather@example.com")]);
    await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, body.subject_request_id);
    await ask(body, SERVER);
    await instance.waitForStatus("complete");
    const status = await request(`/privacy/requests/${body.subject_request_id}`, { headers: SERVER });
    const { results_url: url } = (await status.json()) as { results_url: string };
    const results = await request(new URL(url).pathname, { headers: SERVER });
    expect(((await results.json()) as { events: unknown[] }).events).toHaveLength(2);
  });
});
