/** The connections of one batch: no destination can hold them all, and what is over is lent. */
import { describe, expect, it } from "vitest";
import { NoConnection, shareConnections } from "#forward/connections";

/** A vendor that never answers until it is told to. */
function hanging() {
  const open: (() => void)[] = [];
  const fetch = () => new Promise<Response>((resolve) => open.push(() => resolve(new Response("ok"))));
  return { fetch, open };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 1));
const now = () => 0;

describe("connections of a batch", () => {
  it("four that hang with all their lanes leave the fifth one", async () => {
    const connections = shareConnections();
    const { fetch, open } = hanging();
    const dead = Array.from({ length: 4 }, () => connections.open(fetch, now));
    const well = connections.open(async () => new Response("ok"), now);
    for (const line of dead) for (let lane = 0; lane < 2; lane++) void line.fetch("", {});
    await settled();
    expect(open).toHaveLength(4);
    expect((await well.fetch("", {})).ok).toBe(true);
  });

  it("lends what no other needs, and takes it back when one has ended", async () => {
    const connections = shareConnections();
    const { fetch, open } = hanging();
    const lines = Array.from({ length: 5 }, () => connections.open(fetch, now));
    const [first, ...others] = lines;
    void first?.fetch("", {});
    void first?.fetch("", {});
    await settled();
    expect(open).toHaveLength(1); // the other four are those of the others
    for (const line of others) line.end();
    await settled();
    expect(open).toHaveLength(2);
  });

  it("one that waits for a connection gives up at its deadline, and holds none", async () => {
    const connections = shareConnections();
    const { fetch, open } = hanging();
    const lines = Array.from({ length: 6 }, () => connections.open(fetch, now));
    for (const line of lines.slice(0, 5)) void line.fetch("", {});
    await settled();
    const last = lines[5];
    await expect(last?.fetch("", { signal: AbortSignal.timeout(5) })).rejects.toThrow(NoConnection);
    expect(last?.measured.requests).toBe(0);
    open[0]?.();
    await settled();
    void last?.fetch("", {});
    await settled();
    expect(last?.measured.requests).toBe(1);
  });

  it("are taken in turns: those that have the first ones do not keep the others waiting", async () => {
    const connections = shareConnections();
    const { fetch, open } = hanging();
    const lines = Array.from({ length: 10 }, () => connections.open(fetch, now));
    for (const line of lines) for (let n = 0; n < 3; n++) void line.fetch("", {});
    await settled();
    for (let n = 0; n < 5; n++) open[n]?.();
    await settled();
    expect(lines.map(({ measured }) => measured.requests)).toEqual(lines.map(() => 1));
  });

  it("measures each request from its start to its answer", async () => {
    let at = 0;
    const line = shareConnections().open(
      async () => {
        at += 30;
        return new Response("ok");
      },
      () => at,
    );
    await line.fetch("", {});
    await line.fetch("", {});
    expect(line.measured).toEqual({ requests: 2, latencyMs: 60, slowestMs: 30 });
  });
});
