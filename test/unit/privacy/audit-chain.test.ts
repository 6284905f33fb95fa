/** The audit chain, in Node as an auditor's machine has it: what is whole holds, and nothing else does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AuditEntry, canonicalText, GENESIS, hashEntry } from "#privacy/audit/chain";
import { auditSigner, verifyWith } from "#privacy/audit/signer";
import { verifyChain } from "#privacy/audit/verify";

const text = fc.string({ unit: "binary", maxLength: 12 });
const value = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const content = fc.record({
  at: fc.nat(),
  actor: fc.record({ id: text, name: text, role: text }),
  action: text,
  target: text,
  detail: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), value, { maxKeys: 4 }),
});
type Content = Omit<AuditEntry, "seq" | "prev" | "hash">;

async function chainOf(contents: readonly Content[]): Promise<AuditEntry[]> {
  const chain: AuditEntry[] = [];
  let { hash } = GENESIS;
  for (const [index, given] of contents.entries()) {
    const entry = { ...given, seq: index + 1, prev: hash };
    hash = await hashEntry(hash, entry);
    chain.push({ ...entry, hash });
  }
  return chain;
}

const chains = fc.array(content, { minLength: 2, maxLength: 8 });
const anIndex = (length: number, random: number) => Math.floor(random * length);
const random = fc.double({ min: 0, max: 0.999, noNaN: true });
const problemsOf = async (entries: readonly AuditEntry[]) => (await verifyChain(entries)).problems;

describe("the canonical text", () => {
  it("is fixed: another one would make every log before it invalid", async () => {
    const entry = {
      seq: 7,
      at: 1795341600000,
      actor: { id: "root", name: 'Ann "A"', role: "admin" },
      action: "person.read",
      target: "email:1.abc",
      detail: { rows: 3, format: "json" },
    };
    expect(canonicalText(entry)).toBe(
      String.raw`[1,7,1795341600000,"root","Ann \"A\"","admin","person.read","email:1.abc",[["format","json"],["rows",3]]]`,
    );
    expect(await hashEntry(GENESIS.hash, entry)).toBe(
      "a460272c89c0f812997fe2c098c0c16ba6827324af7f01599cdedb87a2934d81",
    );
  });
  it("is the same for two entries only if they say the same", async () => {
    await fc.assert(
      fc.property(content, content, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(canonicalText({ ...a, seq: 1 }) === canonicalText({ ...b, seq: 1 })).toBe(same);
      }),
    );
  });
  it("says where one field ends and the next begins", () => {
    const entry = { seq: 1, at: 1, actor: { id: "a", name: "b", role: "c" }, detail: {} };
    const texts = [
      { ...entry, action: "ab", target: "c" },
      { ...entry, action: "a", target: "bc" },
      { ...entry, action: 'a","b', target: "c" },
      { ...entry, action: "a", target: 'b","c' },
      { ...entry, action: "a", target: "b", detail: { c: 1 } },
      { ...entry, action: "a", target: "b", detail: { c: "1" } },
    ].map(canonicalText);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("a chain", () => {
  it("that is whole holds, in one piece or in two", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, async (contents, at) => {
        const chain = await chainOf(contents);
        expect(await problemsOf(chain)).toEqual([]);
        const cut = anIndex(chain.length, at);
        const { head, problems } = await verifyChain(chain.slice(0, cut));
        expect(problems).toEqual([]);
        expect((await verifyChain(chain.slice(cut), { from: head })).problems).toEqual([]);
      }),
    );
  });
  it("of which one entry was changed does not, and says which", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, content, async (contents, at, other) => {
        const chain = await chainOf(contents);
        const index = anIndex(chain.length, at);
        const before = chain[index] as AuditEntry;
        const after = { ...before, ...other };
        fc.pre(canonicalText(after) !== canonicalText(before));
        expect(await problemsOf(chain.with(index, after))).toEqual([{ seq: index + 1, problem: "changed" }]);
      }),
    );
  });
  it("of which one entry was removed does not, unless it was the last: that only a checkpoint knows", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, async (contents, at) => {
        const chain = await chainOf(contents);
        const index = anIndex(chain.length, at);
        const removed = { seq: index + 1, problem: "removed", until: index + 1 };
        expect(await problemsOf(chain.toSpliced(index, 1))).toEqual(
          index === chain.length - 1 ? [] : [removed],
        );
      }),
    );
  });
  it("in another order does not, and says which entry comes too late", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, async (contents, at) => {
        const chain = await chainOf(contents);
        const index = anIndex(chain.length - 1, at);
        const [one, two] = [chain[index] as AuditEntry, chain[index + 1] as AuditEntry];
        expect(await problemsOf(chain.with(index, two).with(index + 1, one))).toEqual([
          { seq: one.seq, problem: "reordered" },
        ]);
      }),
    );
  });
  it("in which an entry is repeated does not", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, async (contents, at) => {
        const chain = await chainOf(contents);
        const index = anIndex(chain.length, at);
        const again = chain.toSpliced(index, 0, chain[index] as AuditEntry);
        expect(await problemsOf(again)).toEqual([{ seq: index + 1, problem: "repeated" }]);
      }),
    );
  });
  it("that was written anew from some entry on does not follow on what is before", async () => {
    await fc.assert(
      fc.asyncProperty(chains, random, async (contents, at) => {
        const chain = await chainOf(contents);
        const index = 1 + anIndex(chain.length - 1, at);
        const anew = await chainOf(contents.map((one) => ({ ...one, at: one.at + 1 })));
        expect(await problemsOf([...chain.slice(0, index), ...anew.slice(index)])).toEqual([
          { seq: index + 1, problem: "unlinked" },
        ]);
      }),
    );
  });
});

describe("a signature", () => {
  const secrets = {
    MASTER_SECRET: "s".repeat(32),
    MASTER_SECRET_VERSION: 1,
    MASTER_SECRETS_BEFORE: {},
    TENANT: "shop",
  };
  const rotated = {
    MASTER_SECRET: "t".repeat(32),
    MASTER_SECRET_VERSION: 2,
    MASTER_SECRETS_BEFORE: { "1": "s".repeat(32) },
    TENANT: "shop",
  };

  it("holds by the public key alone, for this text alone", async () => {
    const signer = await auditSigner(secrets);
    const [key] = await signer.publicKeys();
    const { version, signature } = await signer.sign("proof");
    expect(key?.jwk).toEqual({
      kty: "OKP",
      crv: "Ed25519",
      x: "9WeHEY_T6oNXqM9CoKOJJ_vInYquvkuhx_4-nbOIr24",
      kid: "1",
    });
    expect(await verifyWith(key!.jwk, "proof", signature)).toBe(true);
    expect(await verifyWith(key!.jwk, "proof ", signature)).toBe(false);
    for (const bad of ["", "zz", signature.slice(2), signature.toUpperCase(), `00${signature.slice(2)}`])
      expect(await verifyWith(key!.jwk, "proof", bad), bad).toBe(false);
    expect(await signer.verify("proof", version, signature)).toBe(true);
    for (const other of ["2", "", "01", "__proto__"])
      expect(await signer.verify("proof", other, signature), other).toBe(false);
  });
  it("is of one deployment and one version, and holds after a rotation", async () => {
    const [one, other, later] = await Promise.all([
      auditSigner(secrets),
      auditSigner({ ...secrets, TENANT: "shop2" }),
      auditSigner(rotated),
    ]);
    const { signature } = await one.sign("proof");
    expect(await other.verify("proof", "1", signature)).toBe(false);
    expect(await later.verify("proof", "1", signature)).toBe(true);
    const now = await later.sign("proof");
    expect(now.version).toBe("2");
    expect(await one.verify("proof", "1", now.signature)).toBe(false);
    const xs = [...(await later.publicKeys()), ...(await other.publicKeys())].map(({ jwk }) => jwk.x);
    expect(new Set(xs).size).toBe(3);
  });
});

const sorted = ({ detail, ...rest }: Content) => [
  rest,
  Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1)),
];
