import fc from "fast-check";
import {
  operationsAdding,
  keptSecrets,
  mayHold,
  needsUpdate,
  newIdentity,
  removable,
  usableSecret,
  type OnCluster,
  type PullIdentity,
  type SecretRef,
} from "../../src/domain/pullIdentity.ts";
import {
  accepted,
  added,
  beginAdding,
  rejected,
  failedHalfway,
  intend,
  notAdded,
  proved,
  refusedByAks,
  registered,
  removed,
  succeeded,
  takenAway,
  unneeded,
} from "../../src/domain/pullIdentityChanges.ts";

const at = "2026-01-01T00:00:00.000Z";
const later = "2026-06-01T00:00:00.000Z";
const now = new Date(at);
const app = { appId: "app", appObjectId: "object", now: at };
const ref = (version: string): SecretRef => ({
  name: "pull-key",
  version,
  keyId: `key-${version}`,
  createdAt: at,
  expiresAt: later,
});
const blank = registered(newIdentity({ clusterKey: "key", clusterId: "/c", tenantId: "a", createdAt: at }), app);
const intent = (by: string) => ({ by, since: at, seen: [] });
const withSecrets = (...versions: readonly string[]): PullIdentity =>
  versions.reduce((row, version) => proved(added(row, ref(version), "op"), version), blank);
const on = (onCluster: OnCluster, row = withSecrets("v1", "v2")): PullIdentity => ({ ...row, onCluster });
const states = (row: PullIdentity) =>
  Object.fromEntries(keptSecrets(row).map(({ version, state }) => [version, state]));

test("a pull identity begins with nothing: no application, no secret, a cluster that is not ours", () => {
  expect(newIdentity({ clusterKey: "key", clusterId: "/c", tenantId: "a", createdAt: at })).toEqual({
    clusterKey: "key",
    clusterId: "/c",
    tenantId: "a",
    createdAt: at,
    appId: null,
    appObjectId: null,
    secrets: [],
    onCluster: { state: "foreign" },
    graceUntil: null,
    rotationId: null,
    lastAttempt: null,
    policy: null,
    lifetimeCap: null,
    holder: null,
  });
});

describe("a stored secret", () => {
  test("is announced, proved, replaced by the next one, and never handed out again once it is rejected", () => {
    const announced = beginAdding(beginAdding(blank, intent("op")), intent("op"));
    expect(operationsAdding(announced)).toEqual(["op"]);
    const one = added(announced, ref("v1"), "op");
    expect([operationsAdding(one), states(one), usableSecret(one, now)?.version]).toEqual([
      [],
      { v1: "proving" },
      "v1",
    ]);
    const two = added(proved(one, "v1"), ref("v2"), "op");
    expect([states(two), usableSecret(two, now)?.version]).toEqual([{ v1: "current", v2: "proving" }, "v1"]);
    expect(states(proved(two, "v2"))).toEqual({ v1: "retiring", v2: "current" });
    const without = rejected(proved(two, "v2"), "v2");
    expect([states(without), usableSecret(without, now)]).toEqual([{ v1: "retiring", v2: "rejected" }, undefined]);
    expect(states(proved(without, "v2"))).toEqual({ v1: "retiring", v2: "rejected" });
  });

  test("that is only announced is not one that is kept", () => {
    const announced = beginAdding(withSecrets("v1"), intent("next"));
    expect(announced.secrets).toHaveLength(2);
    expect(keptSecrets(announced)).toHaveLength(1);
  });

  test("that is recorded a second time stands on the row once", () => {
    expect(states(added(withSecrets("v1"), ref("v1"), "op"))).toEqual({ v1: "proving" });
    expect(added(withSecrets("v1"), ref("v1"), "op").secrets).toHaveLength(1);
  });

  test("replaces every other that was in use or to be used next; what is rejected stays so", () => {
    const row = added(added(rejected(withSecrets("v1", "v2"), "v1"), ref("v3"), "op"), ref("v4"), "op");
    expect(states(proved(row, "v4"))).toEqual({ v1: "rejected", v2: "retiring", v3: "retiring", v4: "current" });
  });

  test("that was replaced is not in use again: it may be gone by then", () => {
    const row = withSecrets("v1", "v2");
    expect(proved(row, "v1")).toBe(row);
  });

  test("that is old is used only until a new one is there, proved or not", () => {
    const old = withSecrets("v1");
    const aged = new Date("2026-05-01T00:00:00.000Z");
    expect(usableSecret(old, aged)?.version).toBe("v1");
    const both = added(
      old,
      { ...ref("v2"), createdAt: "2026-05-01T00:00:00.000Z", expiresAt: "2026-12-01T00:00:00.000Z" },
      "op",
    );
    expect([usableSecret(both, now)?.version, usableSecret(both, aged)?.version]).toEqual(["v1", "v2"]);
  });

  test("that nobody knows proves nothing, and leaves the current one in use", () => {
    expect(usableSecret(proved(withSecrets("v1"), "v9"), now)?.version).toBe("v1");
  });

  test("is announced by each operation for itself, and taken off the list by it alone", () => {
    const both = beginAdding(beginAdding(blank, intent("one")), intent("two"));
    expect(operationsAdding(notAdded(both, "one"))).toEqual(["two"]);
    expect(operationsAdding(added(both, ref("v1"), "two"))).toEqual(["one"]);
  });

  test("of an application that was deleted and made anew is rejected, whatever it was", () => {
    const again = registered(withSecrets("v1", "v2"), { ...app, appId: "other", now: later });
    expect([states(again), again.createdAt]).toEqual([{ v1: "rejected", v2: "rejected" }, later]);
    const same = registered(withSecrets("v1"), { ...app, appId: "APP", now: later });
    expect([states(same), same.createdAt]).toEqual([{ v1: "current" }, at]);
  });
});

describe("what may be removed", () => {
  test.each<[string, OnCluster, readonly string[]]>([
    ["foreign", { state: "foreign" }, ["v1"]],
    ["held, the other version", { state: "held", version: "v2", since: at }, ["v1"]],
    ["held, the replaced version", { state: "held", version: "v1", since: at }, []],
    ["halfway between both", { state: "halfway", mayHold: ["v1", "v2"] }, []],
    ["intended", { state: "intended", version: "v2", mayHold: ["v1", "v2"], before: null }, []],
    ["accepted", { state: "accepted", version: "v2", mayHold: ["v1", "v2"], operation: "{}", since: at }, []],
  ])("from nodes that are %s", (_state, onCluster, expected) => {
    // v1 was replaced by v2.
    expect(removable(on(onCluster), at).map(({ version }) => version)).toEqual(expected);
  });

  test("is refused for any other: in use, or held by a node", () => {
    expect(() => removed(on({ state: "held", version: "v1", since: at }), "v1", at)).toThrow("a node may hold it");
    expect(() => removed(withSecrets("v1"), "v1", at)).toThrow("in use");
    // Also where another one may be removed.
    expect(() => removed(withSecrets("v1", "v2"), "v2", at)).toThrow("in use");
    expect(keptSecrets(removed(withSecrets("v1", "v2"), "v1", at)).map(({ version }) => version)).toEqual(["v2"]);
    expect(removed(blank, "gone", at)).toEqual(blank);
  });
});

describe("what the nodes hold", () => {
  const settled: readonly OnCluster[] = [
    { state: "foreign" },
    { state: "held", version: "v1", since: at },
    { state: "halfway", mayHold: ["v1"] },
  ];
  test.each(settled)("stands again after AKS refused: %j", (before) => {
    const intended = intend(on(before), "v2");
    expect(intended.onCluster).toMatchObject({ state: "intended", version: "v2" });
    expect(refusedByAks(intended).onCluster).toEqual(before);
  });

  test("is not known again once a request was left without an answer: a refusal of the next proves nothing", () => {
    const twice = intend(intend(on({ state: "held", version: "v1", since: at }), "v2"), "v2");
    expect(refusedByAks(twice)).toBe(twice);
    expect(needsUpdate(twice, "app", "v2")).toBe(true);
    expect(mayHold(twice)).toEqual(["v1", "v2"]);
  });

  test("is the new version only when an accepted update was followed to its success", () => {
    const intended = intend(on({ state: "held", version: "v1", since: at }), "v2");
    expect(succeeded(intended, later).onCluster.state).toBe("intended");
    const taken = accepted(intended, "{}", at);
    expect(mayHold(taken)).toEqual(["v1", "v2"]);
    expect(succeeded(taken, later).onCluster).toEqual({ state: "held", version: "v2", since: later });
    expect(failedHalfway(taken).onCluster).toEqual({ state: "halfway", mayHold: ["v1", "v2"] });
  });

  test("is not changed by an answer to a question that was not asked", () => {
    const foreign = withSecrets("v1");
    const taken = accepted(intend(foreign, "v1"), "{}", at);
    expect(accepted(foreign, "{}", at)).toBe(foreign);
    expect(succeeded(foreign, at)).toBe(foreign);
    expect(failedHalfway(foreign)).toBe(foreign);
    expect(refusedByAks(taken)).toBe(taken);
  });

  test("is not known where nobody can say how an update that was meant ended", () => {
    expect(failedHalfway(intend(withSecrets("v1"), "v1")).onCluster).toEqual({ state: "halfway", mayHold: ["v1"] });
  });

  test("does not stand again after a refusal where an accepted update was never followed", () => {
    const row: OnCluster = { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{}", since: at };
    expect(intend(on(row), "v2").onCluster).toEqual({
      state: "intended",
      version: "v2",
      mayHold: ["v1", "v2"],
      before: null,
    });
  });

  test("is foreign when the settled cluster says so, and never while an update of ours may be under way", () => {
    expect(takenAway(on({ state: "held", version: "v1", since: at })).onCluster).toEqual({ state: "foreign" });
    expect(takenAway(on({ state: "halfway", mayHold: ["v1"] })).onCluster).toEqual({ state: "foreign" });
    const intended = intend(withSecrets("v1"), "v1");
    expect(takenAway(intended)).toBe(intended);
    const left = unneeded({ ...withSecrets("v1", "v2"), onCluster: { state: "held", version: "v1", since: at } });
    expect(removable(left, at).map(({ version }) => version)).toEqual(["v1", "v2"]);
    expect(removable(unneeded({ ...withSecrets("v1"), onCluster: intended.onCluster }), at)).toEqual([]);
    expect(takenAway(accepted(intended, "{}", at)).onCluster.state).toBe("accepted");
  });

  test("is never a secret that is rejected, replaced or unknown", () => {
    expect(() => intend(rejected(withSecrets("v1"), "v1"), "v1")).toThrow("not one to hand to a cluster");
    expect(() => intend(withSecrets("v1", "v2"), "v1")).toThrow("not one to hand to a cluster");
    expect(() => intend(blank, "v1")).toThrow("not one to hand to a cluster");
  });

  test.each([
    [{ state: "held", version: "v1", since: at } as const, "APP", "v1", false],
    [{ state: "held", version: "v1", since: at } as const, "app", "v2", true],
    [{ state: "held", version: "v1", since: at } as const, "other", "v1", true],
    [{ state: "halfway", mayHold: ["v1"] } as const, "app", "v1", true],
    [{ state: "foreign" } as const, "app", "v1", true],
  ])("%j with client id %s needs an update to %s: %s", (onCluster, clientId, version, expected) => {
    expect(needsUpdate(on(onCluster), clientId, version)).toBe(expected);
  });

  test("is not ours where there is no application yet", () => {
    expect(needsUpdate({ ...blank, appId: null }, "app", "v1")).toBe(true);
  });
});

/**
 * The world as it is, beside the row: what each node really holds. Events happen to both, in any order and any number,
 * with answers that are lost; AKS may act on a request whose answer never came.
 */
type Real = {
  readonly nodes: ReadonlySet<string>;
  readonly pending: readonly string[];
  readonly existing: ReadonlySet<string>;
};
type Both = { readonly row: PullIdentity; readonly real: Real; readonly followed: number };

const versions = ["v1", "v2", "v3"] as const;
type Event =
  | { readonly kind: "add" | "prove" | "reject"; readonly version: (typeof versions)[number] }
  | { readonly kind: "ask"; readonly answer: "accepted" | "refused" | "lostDone" | "lostUndone" }
  | { readonly kind: "follow"; readonly end: "succeeded" | "failed" }
  | { readonly kind: "taken" | "tidy" | "crash" };

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constantFrom("add", "prove", "reject"), version: fc.constantFrom(...versions) }),
  fc.record({
    kind: fc.constant("ask" as const),
    answer: fc.constantFrom("accepted", "refused", "lostDone", "lostUndone"),
  }),
  fc.record({ kind: fc.constant("follow" as const), end: fc.constantFrom("succeeded", "failed") }),
  fc.record({ kind: fc.constantFrom("taken", "tidy", "crash") }),
);

function ask({ row, real, followed }: Both, answer: Extract<Event, { kind: "ask" }>["answer"]): Both {
  const version = usableSecret(row, now)?.version;
  // An update that was accepted is followed, not asked for again.
  if (version === undefined || row.onCluster.state === "accepted") return { row, real, followed };
  const intended = intend(row, version);
  switch (answer) {
    case "accepted":
      return { row: accepted(intended, "{}", at), real: { ...real, pending: [...real.pending, version] }, followed };
    case "refused":
      return { row: refusedByAks(intended), real, followed };
    case "lostDone":
      return { row: intended, real: { ...real, pending: [...real.pending, version] }, followed };
    case "lostUndone":
      return { row: intended, real, followed };
  }
}

function happen(both: Both, event: Event): Both {
  const { row, real, followed } = both;
  switch (event.kind) {
    case "add":
      if (real.existing.has(event.version)) return both;
      return {
        ...both,
        row: added(beginAdding(row, intent("op")), ref(event.version), "op"),
        real: { ...real, existing: new Set([...real.existing, event.version]) },
      };
    case "prove":
      return { ...both, row: proved(row, event.version) };
    case "reject":
      return { ...both, row: rejected(row, event.version) };
    case "ask":
      return ask(both, event.answer);
    case "follow": {
      if (row.onCluster.state !== "accepted") return both;
      // AKS does one after the other: the one that was accepted last is the last to be done.
      const done = row.onCluster.version;
      if (event.end === "succeeded")
        return {
          row: succeeded(row, at),
          real: { ...real, nodes: new Set([done]), pending: [] },
          followed: followed + 1,
        };
      return {
        row: failedHalfway(row),
        real: { ...real, nodes: new Set([...real.nodes, ...real.pending]), pending: [] },
        followed,
      };
    }
    case "taken":
      // Somebody resets the settled cluster by hand, and a look finds it.
      if (real.pending.length > 0 || row.onCluster.state === "intended" || row.onCluster.state === "accepted")
        return both;
      return { ...both, row: takenAway(row), real: { ...real, nodes: new Set() } };
    case "tidy":
      return removable(row, later).reduce(
        (now, { version }) => ({
          ...now,
          row: removed(now.row, version, later),
          real: { ...now.real, existing: new Set([...now.real.existing].filter((one) => one !== version)) },
        }),
        both,
      );
    case "crash":
      // The row is all that is left; requests without an answer are carried out meanwhile.
      return {
        ...both,
        real: {
          ...real,
          nodes: new Set([...real.nodes, ...(row.onCluster.state === "accepted" ? [] : real.pending)]),
          pending: row.onCluster.state === "accepted" ? real.pending : [],
        },
      };
  }
}

const start: Both = { row: blank, real: { nodes: new Set(), pending: [], existing: new Set() }, followed: 0 };

test("in no order of events does the row say held without an update that was followed, or let go of what a node may hold", () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 40 }), (sequence) => {
      let both = start;
      let heldBefore = false;
      for (const event of sequence) {
        const next = happen(both, event);
        const { onCluster } = next.row;
        if (onCluster.state === "held") {
          const became = both.row.onCluster.state !== "held";
          // Held again only by a followed success, or because AKS refused to change what was held.
          if (became) expect(next.followed > both.followed || (event.kind === "ask" && heldBefore)).toBe(true);
          expect([...next.real.nodes].every((version) => version === onCluster.version)).toBe(true);
          heldBefore = true;
        }
        // What nodes hold, or will hold, is on the row and still exists.
        for (const version of [...next.real.nodes, ...next.real.pending]) {
          expect(mayHold(next.row)).toContain(version);
          expect(next.real.existing.has(version)).toBe(true);
          expect(removable(next.row, later).map((secret) => secret.version)).not.toContain(version);
        }
        both = next;
      }
    }),
    { numRuns: 2000 },
  );
});
