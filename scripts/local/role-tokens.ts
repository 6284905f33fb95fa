/** One token of each role for the console of a local Worker, made as an admin makes them. Used by `npm start` and e2e tests. */
import * as z from "zod";
import { ROLES, type Role } from "../../contracts/taxonomy.ts";

/** May see personal data besides what their role lets them. */
const PERSONAL: readonly Role[] = ["privacy_officer", "admin"];

const madeSchema = z.object({ token: z.string() });

/**
 * @param url of the Worker, without a slash at the end @param adminToken its ADMIN_TOKEN
 * @throws when the Worker does not make one
 */
export async function roleTokens(url: string, adminToken: string): Promise<Record<Role, string>> {
  const made: [Role, string][] = [];
  // One after the other: each is an entry of the audit log, which is a chain.
  for (const role of ROLES) made.push([role, await makeToken(url, adminToken, role)]);
  return Object.fromEntries(made) as Record<Role, string>; // every role was made
}

async function makeToken(url: string, adminToken: string, role: Role): Promise<string> {
  const response = await fetch(`${url}/admin/api/access/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: `Local ${role.replaceAll("_", " ")}`,
      role,
      personal: PERSONAL.includes(role),
      expires_in_days: 1,
    }),
  });
  if (response.status !== 201)
    throw new Error(`a token of the role ${role} was not made: ${response.status} ${await response.text()}`);
  return madeSchema.parse(await response.json()).token;
}
