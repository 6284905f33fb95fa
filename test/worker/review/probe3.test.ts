import { env } from "cloudflare:workers";
import { it } from "vitest";
import { migrate } from "../setup.ts";
it("D1 limit for one parameter and one row", async () => {
  await migrate();
  for (const mb of [1.9, 2.1, 2.4, 4, 8]) {
    const s = JSON.stringify(["x".repeat(mb * 1e6)]);
    try { const r = await env.IDENTITY_0.prepare("SELECT json_array_length(?1) n").bind(s).first(); console.log("param", mb, r); } catch (e) { console.log("param", mb, (e as Error).message); }
    try { await env.IDENTITY_0.prepare("INSERT INTO identifiers (key, claims, version, seen_at) VALUES (?1, ?2, 1, 1)").bind(`k${mb}`, s).run(); console.log("row", mb, "ok"); } catch (e) { console.log("row", mb, (e as Error).message); }
  }
});
