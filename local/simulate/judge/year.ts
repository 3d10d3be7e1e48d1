import type { CallCount, Evidence, NodePulls, OperationAnswer } from "./evidence.ts";
import type { NodeLook } from "./held.ts";
import { judge, type Verdict } from "./judge.ts";
import { lastPart, same } from "./names.ts";
import { isOpenAt } from "./openings.ts";
import { plain } from "./plain.ts";
import type { Violation } from "./violations.ts";

/** What is looked at besides, where secrets are replaced for months. */
export interface YearEvidence {
  readonly looks: readonly NodeLook[];
  /** What the app says of every rotation it was seen to have. */
  readonly rotations: readonly OperationAnswer[];
  /** Windows by the id of the cluster, and since when they hold. */
  readonly windows: ReadonlyMap<string, { readonly window: string; readonly since: string }>;
  readonly calls: readonly CallCount[];
  /** By `pullKey`: pulls that were refused because a person had revoked. */
  readonly excused: ReadonlyMap<string, number>;
  /** Client ids whose calls are no work of the app's. */
  readonly others: readonly string[];
}

export function pullKey({ clusterId, node, image }: Pick<NodePulls, "clusterId" | "node" | "image">): string {
  return `${clusterId.toLowerCase()} ${node} ${image}`;
}

export interface YearVerdict extends Omit<Verdict, "pulls"> {
  readonly pulls: Verdict["pulls"] & { readonly refusedByPeople: number };
  readonly rotations: {
    readonly started: number;
    readonly ended: number;
    readonly failed: number;
    /** Under way at the end. */
    readonly waiting: number;
  };
  /** Secrets that expired while a node held them. */
  readonly expired: number;
  /** Summed over nodes; an expiry to the second, anything else since the look before. */
  readonly secondsWithoutValidCredential: number;
  /** By service, of the app alone. */
  readonly apiCalls: Readonly<Record<string, number>>;
}

/** As the other judge, but that two passwords are right while a rotation is under way. */
export function judgeYear(evidence: Evidence, year: YearEvidence): YearVerdict {
  const verdict = judge(evidence);
  const expired = year.looks.filter(({ kind }) => kind === "expired");
  const blamed = evidence.nodePulls.map((one) => ({
    ...one,
    failed: one.failed - (year.excused.get(pullKey(one)) ?? 0),
  }));
  const refused = blamed.reduce((sum, { failed }) => sum + failed, 0);
  const without = year.looks.filter(({ kind }) => kind === "expired" || kind === "invalid");
  return {
    ...verdict,
    pulls: { tried: verdict.pulls.tried, refused, refusedByPeople: verdict.pulls.refused - refused },
    violations: [
      ...verdict.violations.filter(({ kind }) => kind !== "extra-secret"),
      ...refusedPulls(blamed),
      ...seenInLooks(year.looks),
      ...outsideWindows(evidence, year),
    ].map((one) => ({ ...one, detail: plain(one.detail, evidence.dump) })),
    rotations: rotationsIn(year),
    expired: new Set(expired.map(({ keyId }) => keyId)).size,
    secondsWithoutValidCredential: without.reduce((sum, { seconds }) => sum + seconds, 0),
    apiCalls: callsIn(year),
  };
}

function rotationsIn({ rotations }: YearEvidence): YearVerdict["rotations"] {
  const count = (...states: readonly string[]): number =>
    rotations.filter(({ state }) => states.includes(state)).length;
  return {
    started: rotations.length,
    ended: count("ended"),
    failed: count("failed", "cancelled"),
    waiting: count("running", "waiting"),
  };
}

function callsIn({ calls, others }: YearEvidence): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { service, caller, calls: count } of calls) {
    if (service === "control" || (caller !== null && others.includes(caller))) continue;
    const name = service.startsWith("registry:") ? "registry" : service;
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...sums].sort(([one], [other]) => one.localeCompare(other)));
}

function refusedPulls(nodePulls: readonly NodePulls[]): readonly Violation[] {
  return nodePulls.flatMap(({ clusterId, node, image, failed, firstRefusals: [first] }): Violation[] =>
    failed === 0
      ? []
      : [
          {
            kind: "refused-pull",
            link: null,
            cluster: lastPart(clusterId),
            at: first?.at ?? "",
            detail: `${failed} pulls of ${image.slice(image.indexOf("/") + 1)} on ${node}: ${first?.reason ?? ""}`,
          },
        ],
  );
}

const kinds = { expired: "expired", invalid: "no-credential", late: "not-rotated", third: "third-password" } as const;

/** What is seen at many looks is told once. */
function seenInLooks(looks: readonly NodeLook[]): readonly Violation[] {
  const told = new Map<string, Violation>();
  for (const { kind, cluster, at, detail } of looks) {
    const name = `${kind} ${cluster ?? ""} ${detail}`;
    if (!told.has(name)) told.set(name, { kind: kinds[kind], link: null, cluster, at, detail });
  }
  return [...told.values()];
}

/** Updates that were begun while the cluster's window was shut. */
function outsideWindows({ dump }: Evidence, { windows }: YearEvidence): readonly Violation[] {
  return dump.arm.clusters.flatMap(({ id, updates }) => {
    const [, held] = [...windows].find(([clusterId]) => same(clusterId, id)) ?? [];
    if (!held) return [];
    return updates
      .filter(({ startedAt }) => startedAt > held.since && !isOpenAt(held.window, startedAt))
      .map(({ startedAt }): Violation => ({
        kind: "outside-window",
        link: null,
        cluster: lastPart(id),
        at: startedAt,
        detail: `an update was begun outside ${held.window}`,
      }));
  });
}
