/** Merging and splitting by hand, as edits of links: what is edited, what comes of it, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packPurposes } from "#consent/cookie";
import type { Asked, Known } from "#identity/changes/asked";
import { Edits, reversed } from "#identity/changes/links";
import { plan } from "#identity/changes/plan";
import { effectOf } from "#identity/changes/preview";
import { askedOf, choicesFor, openConflicts } from "#identity/changes/queue";
import { emptyRow, type Link, type LinkKind, linkId, scopeLink } from "#identity/graph";
import { partition } from "#identity/partition";
import { DEFAULT_RULES, type IdentityRules } from "#identity/rules";

const link = (a: string, b: string, kind: LinkKind, more: Partial<Link> = {}): Link => ({
  a,
  b,
  kind,
  at: 1,
  state: "live",
  eventId: "e1",
  source: "web",
  ...more,
});

const known = (links: Link[], more: { alone?: string[]; rules?: IdentityRules } = {}): Known => {
  const { alone = [], rules = DEFAULT_RULES } = more;
  const keys = new Set([...alone, ...links.flatMap(({ a, b }) => [a, b])]);
  const rows = new Map([...keys].map((key) => [key, { ...emptyRow(key), version: 1 }]));
  const scopes = [...keys].flatMap((key) => scopeLink(key) ?? []);
  const all = [...links, ...scopes];
  const graph = {
    rows,
    links: all,
    dead: [],
    torn: [],
    crowded: new Set<string>(),
    subjectKeys: new Map(),
    lists: new Map(),
    erasures: 0,
  };
  return { graph, rules, parts: partition(rows.keys(), all, rules), at: 9 };
};

const ANN = "customer_id:1.ann";
const BEN = "customer_id:1.ben";
const MAIL = "email:1.m";
const PHONE = "visitor_id:1.phone";
const DESK = "visitor_id:1.desk";
const CLAIM = `${DESK}|${MAIL}`;

const profiles = (asked: Asked, from: Known) =>
  [...plan(asked, from).after.members.values()].map((members) => members.join(" ")).sort();
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "done";
};

describe("merging by hand", () => {
  it("warns where what one denied would be granted by what the other decided later, and not the other way round", () => {
    const from = known([link(ANN, PHONE, "proof"), link(BEN, DESK, "proof")]);
    const decide = (key: string, g: string, t: number) => {
      const row = from.graph.rows.get(key);
      if (row) row.consent = { g, t, r: `r${t}` };
    };
    const warned = () =>
      plan({ action: "merge", keys: [ANN, BEN] }, from).warnings.filter((text) => text.includes("granted"));
    decide(PHONE, "", 1);
    decide(DESK, packPurposes(["marketing"]), 2);
    expect(warned()).toEqual([expect.stringContaining("One of them has not granted marketing:")]);
    decide(PHONE, "", 3);
    expect(warned()).toEqual([]);
  });

  it("links the identifiers that name the two profiles best", () => {
    const from = known([link(ANN, PHONE, "proof"), link(MAIL, DESK, "proof")]);
    const { links, warnings } = plan({ action: "merge", keys: [PHONE, DESK] }, from);
    expect(links).toEqual([{ a: ANN, b: MAIL, kind: "manual", before: null, after: "live" }]);
    expect(warnings).toEqual([]);
    expect(profiles({ action: "merge", keys: [PHONE, DESK] }, from)).toEqual([
      [ANN, MAIL, DESK, PHONE].join(" "),
    ]);
  });

  it("makes two customers one, with all that is theirs, and warns", () => {
    const from = known([
      link(ANN, "user_id:1.a", "proof"),
      link(BEN, "user_id:1.b", "proof"),
      link(BEN, DESK, "proof"),
    ]);
    const { after, warnings } = plan({ action: "merge", keys: [ANN, DESK] }, from);
    expect([...after.members.values()]).toHaveLength(1);
    expect(warnings[0]).toContain("2 different values of customer_id");
  });

  it("takes along what a rule would otherwise drop from the profile", () => {
    const app = "device_id:1.app";
    const from = known([link(app, "anonymous_id:1.a", "device")], { alone: [ANN] });
    const { links, after } = plan({ action: "merge", keys: [ANN, app] }, from);
    expect([...after.members.values()]).toEqual([["anonymous_id:1.a", ANN, app]]);
    expect(links.every(({ kind }) => kind === "manual")).toBe(true);
  });

  it("is refused where one is unknown, was erased, is the same profile already, or is set aside", () => {
    const from = known([link(ANN, PHONE, "proof"), link(MAIL, MAIL, "aside")], { alone: [DESK] });
    const merge = (...keys: string[]) => codeOf(() => plan({ action: "merge", keys }, from));
    expect(merge(ANN, "email:1.who")).toBe("unknown_identifier");
    expect(merge(ANN, PHONE)).toBe("same_profile");
    expect(merge(ANN, MAIL)).toBe("set_aside");
    const gone = from.graph.rows.get(DESK);
    if (gone) gone.suppressed = true;
    expect(merge(ANN, DESK)).toBe("suppressed");
  });

  it("is refused where the profile would be larger than the release allows", () => {
    const rules = { ...DEFAULT_RULES, maxMembers: 3 };
    const from = known([link(ANN, PHONE, "proof"), link(MAIL, DESK, "proof")], { rules });
    expect(codeOf(() => plan({ action: "merge", keys: [ANN, MAIL] }, from))).toBe("profile_too_large");
  });

  it("of two that an operator kept apart takes that back only where it is said", () => {
    const from = known([link(ANN, BEN, "apart"), link(ANN, PHONE, "proof")]);
    expect(codeOf(() => plan({ action: "merge", keys: [PHONE, BEN] }, from))).toBe("kept_apart");
    const lifted = plan({ action: "merge", keys: [PHONE, BEN], liftApart: true }, from);
    expect(lifted.links).toEqual([
      { a: ANN, b: BEN, kind: "apart", before: "live", after: "revoked" },
      { a: ANN, b: BEN, kind: "manual", before: null, after: "live" },
    ]);
    expect(lifted.after.rootOf.get(BEN)).toBe(lifted.after.rootOf.get(PHONE));
  });
});

describe("splitting by hand", () => {
  const whole = () =>
    known([
      link(ANN, MAIL, "proof"),
      link(ANN, PHONE, "proof"),
      link(MAIL, DESK, "proof"),
      link(DESK, CLAIM, "scope"),
    ]);
  const split = (groups: string[][], keepApart = true): Asked => ({ action: "split", groups, keepApart });

  it("revokes every link that crosses, and keeps the groups apart", () => {
    const { links, after } = plan(split([[ANN, PHONE], [MAIL]]), whole());
    // What no group names stays with the first: here it falls off, and is kept from the second as well.
    expect(links).toEqual([
      { a: ANN, b: MAIL, kind: "apart", before: null, after: "live" },
      { a: ANN, b: MAIL, kind: "proof", before: "live", after: "revoked" },
      { a: MAIL, b: DESK, kind: "apart", before: null, after: "live" },
      { a: MAIL, b: DESK, kind: "proof", before: "live", after: "revoked" },
    ]);
    expect(after.rootOf.get(MAIL)).toBe(MAIL);
    expect(after.rootOf.get(PHONE)).toBe(ANN);
  });

  it("leaves a claim's facts with the device that it was made on", () => {
    const { after } = plan(split([[ANN], [DESK]]), whole());
    expect(after.rootOf.get(CLAIM)).toBe(after.rootOf.get(DESK));
    expect(after.rootOf.get(DESK)).not.toBe(after.rootOf.get(ANN));
    expect(codeOf(() => plan(split([[ANN, CLAIM], [DESK]]), whole()))).toBe("inseparable");
  });

  it("holds against later evidence, whether of these identifiers or of another that joins both", () => {
    const { all } = plan(
      split([
        [ANN, PHONE],
        [MAIL, DESK],
      ]),
      whole(),
    );
    const both = "phone:1.both";
    const later = [link(PHONE, MAIL, "proof"), link(ANN, both, "proof"), link(MAIL, both, "proof")];
    const { rootOf, conflicted } = partition([], [...all, ...later]);
    expect(rootOf.get(MAIL)).not.toBe(rootOf.get(ANN));
    expect(conflicted.get(linkId(link(MAIL, both, "proof")))).toBe("kept_apart");
  });

  it("says where a group falls into more profiles", () => {
    const from = known([link(ANN, PHONE, "proof"), link(ANN, DESK, "proof")]);
    const { warnings, after } = plan(split([[ANN], [PHONE, DESK]]), from);
    expect(warnings).toEqual(["Group 2 falls into 2 profiles: nothing that is left joins them."]);
    expect([...after.members.values()]).toHaveLength(3);
  });

  it("is refused where the keys are not of one profile, or a group has none of its own", () => {
    const from = known([link(ANN, PHONE, "proof")], { alone: [BEN] });
    expect(codeOf(() => plan(split([[ANN], [BEN]]), from))).toBe("not_one_profile");
    expect(codeOf(() => plan(split([[ANN], [ANN]]), from))).toBe("inseparable");
    // The whole profile is named by the second: nothing stays for the first.
    const version = known([link("email:1.a", "email:2.a", "version")]);
    expect(codeOf(() => plan(split([["email:1.a"], ["email:2.a"]]), version))).toBe("inseparable");
  });

  it("is refused where something outside would join the groups again at once", () => {
    const code = "crm_id:1.x";
    const from = known([link(ANN, MAIL, "proof"), link(code, ANN, "rule"), link(code, MAIL, "rule")], {
      rules: { ...DEFAULT_RULES, maxMembers: 2 },
    });
    expect(from.parts.members.get(ANN)).toEqual([ANN, MAIL]);
    expect(codeOf(() => plan(split([[ANN], [MAIL]], false), from))).toBe("done");
    const wide = { ...from, rules: { ...DEFAULT_RULES, maxMembers: 3 } };
    expect(codeOf(() => plan(split([[ANN], [MAIL]], false), wide))).toBe("joins_again");
    expect(codeOf(() => plan(split([[ANN], [MAIL]], true), wide))).toBe("done");
  });
});

describe("setting aside and keeping apart", () => {
  it("sets a value aside, which then joins nothing, and takes it back", () => {
    const links = [link(ANN, MAIL, "proof"), link(BEN, MAIL, "proof")];
    const from = known(links);
    expect(profiles({ action: "aside", key: MAIL }, from)).toEqual([ANN, BEN, MAIL]);
    expect(codeOf(() => plan({ action: "unaside", key: MAIL }, from))).toBe("not_aside");
    const aside = known([...links, link(MAIL, MAIL, "aside")]);
    expect(codeOf(() => plan({ action: "aside", key: MAIL }, aside))).toBe("already_aside");
    expect(profiles({ action: "unaside", key: MAIL }, aside)).toEqual([[ANN, MAIL].join(" "), BEN]);
    expect(codeOf(() => plan({ action: "aside", key: CLAIM }, known([], { alone: [CLAIM] })))).toBe(
      "is_a_claim",
    );
  });

  it("keeps the first apart from each of the others, by what names them best", () => {
    const from = known([link(ANN, PHONE, "proof")], { alone: [BEN, MAIL] });
    expect(plan({ action: "apart", keys: [PHONE, BEN, MAIL] }, from).links.map(({ a, b }) => [a, b])).toEqual(
      [
        [ANN, BEN],
        [ANN, MAIL],
      ],
    );
    expect(codeOf(() => plan({ action: "apart", keys: [ANN, PHONE] }, from))).toBe("same_profile");
  });
});

describe("the queue of conflicts", () => {
  const conflict = (a: string, b: string, kind: LinkKind) => (a < b ? { a, b, kind } : { a: b, b: a, kind });
  const settle = (one: ReturnType<typeof conflict>, as: "same" | "different" | "aside", from: Known) =>
    plan(askedOf(one, as, from), from);

  it("settles one value of two customers: one person, two people, or nobody's", () => {
    const from = known([link(ANN, MAIL, "proof"), link(BEN, MAIL, "proof", { at: 2 })]);
    const one = conflict(BEN, MAIL, "proof");
    expect(openConflicts([one], from).get(linkId(one))).toEqual({ open: true, reason: "two_customer_ids" });
    expect(settle(one, "same", from).after.rootOf.get(BEN)).toBe(ANN);
    expect(settle(one, "different", from).links).toEqual([
      { a: ANN, b: BEN, kind: "apart", before: null, after: "live" },
    ]);
    expect(settle(one, "aside", from).links).toEqual([
      { a: MAIL, b: MAIL, kind: "aside", before: null, after: "live" },
    ]);
    for (const as of ["same", "different", "aside"] as const) {
      const after = known(settle(one, as, from).all);
      expect(openConflicts([one], after).get(linkId(one))?.open, as).toBe(false);
      expect(codeOf(() => askedOf(one, as, after))).toBe("not_in_conflict");
    }
  });

  it("gives a device of several people to one of them, so that it is shared no more", () => {
    const from = known([link(ANN, DESK, "proof"), link(BEN, DESK, "proof", { at: 2 })]);
    const one = conflict(ANN, DESK, "proof");
    expect([...from.parts.shared]).toEqual([DESK]);
    expect(choicesFor("device_of_several_people")).toEqual(["same", "keep"]);
    expect(codeOf(() => askedOf(one, "aside", from))).toBe("cannot_settle_so");
    const { after } = settle(one, "same", from);
    expect(after.shared.size).toBe(0);
    expect(after.rootOf.get(DESK)).toBe(ANN);
    expect(after.rootOf.get(BEN)).toBe(BEN);
  });

  it("merges whom a match rule proposes, or keeps the person apart from all of them", () => {
    const match = "match-name:1.n";
    const rule = (person: string) => link(person, match, "rule", { state: "pending" });
    const from = known([rule(ANN), rule(BEN), rule("customer_id:1.cid")]);
    const one = conflict(ANN, match, "rule");
    expect(openConflicts([one], from).get(linkId(one))).toEqual({ open: true, reason: "proposal" });
    const same = settle(one, "same", from);
    expect(same.after.members.get(ANN)).toEqual([ANN, BEN, "customer_id:1.cid"]);
    const apart = known(settle(one, "different", from).all);
    expect(openConflicts([one], apart).get(linkId(one))).toEqual({ open: false, answered: true });
    // The two others agree in it as before.
    const other = conflict(BEN, match, "rule");
    expect(openConflicts([other], apart).get(linkId(other))?.open).toBe(true);
  });
});

describe("undoing", () => {
  const KEYS = [ANN, BEN, MAIL, PHONE, DESK, "user_id:1.u", "anonymous_id:1.a", "phone:1.p"];
  const links = fc.array(
    fc.record({
      a: fc.constantFrom(...KEYS),
      b: fc.constantFrom(...KEYS),
      kind: fc.constantFrom<LinkKind>("proof", "device", "rule", "manual", "apart"),
      at: fc.nat(5),
      state: fc.constantFrom<Link["state"]>("live", "revoked"),
    }),
    { maxLength: 14 },
  );

  it("gives back the same links and profiles, whatever was merged or split", () => {
    fc.assert(
      fc.property(
        links,
        fc.constantFrom(...KEYS),
        fc.constantFrom(...KEYS),
        fc.boolean(),
        (some, one, other, isMerge) => {
          const own = new Map(
            some
              .filter(({ a, b }) => a !== b)
              .map((each) => [linkId(each), link(each.a, each.b, each.kind, each)]),
          );
          const from = known([...own.values()], { alone: KEYS });
          const asked: Asked = isMerge
            ? { action: "merge", keys: [one, other], liftApart: true }
            : { action: "split", groups: [[one], [other]], keepApart: true };
          let planned: ReturnType<typeof plan>;
          try {
            planned = plan(asked, from);
          } catch (error) {
            expect((error as { status: number }).status).toBeGreaterThanOrEqual(400);
            return;
          }
          // It does what was asked.
          const { rootOf } = planned.after;
          expect(rootOf.get(one) === rootOf.get(other)).toBe(isMerge);
          const back = new Edits(planned.all, 9);
          for (const edit of reversed(planned.links)) back.set(edit, edit.after);
          const sorted = (all: readonly Link[]) => [...all].sort((x, y) => (linkId(x) < linkId(y) ? -1 : 1));
          expect(sorted(back.links())).toEqual(sorted(from.graph.links));
          expect(partition(KEYS, back.links()).members).toEqual(from.parts.members);
          // Whatever changes its profile is in the preview.
          const { before, after } = effectOf(from, planned);
          expect(before.flatMap(({ members }) => members).sort()).toEqual(
            after.flatMap(({ members }) => members).sort(),
          );
        },
      ),
      { numRuns: 400 },
    );
  });
});
