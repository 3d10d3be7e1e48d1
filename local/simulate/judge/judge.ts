import { endingOf, type Ending } from "./endings.ts";
import type { AskedLink, Evidence } from "./evidence.ts";
import { leftoversIn, type Leftover } from "./leftovers.ts";
import { oursIn } from "./ours.ts";
import { plain } from "./plain.ts";
import { reactionsIn, type Reactions } from "./reactions.ts";
import { standingRefusal } from "./standing.ts";
import { violationsIn, type Violation } from "./violations.ts";

export interface Verdict {
  readonly links: number;
  readonly ready: number;
  readonly failed: readonly {
    readonly link: string;
    readonly step: string;
    readonly code: string;
    readonly detail: string;
  }[];
  readonly ended: readonly { readonly link: string; readonly by: "declined" | "deadline" | "cancelled" }[];
  readonly pulls: { readonly tried: number; readonly refused: number };
  readonly secrets: {
    readonly made: number;
    readonly live: number;
    /** Passwords in the directory whose value nobody has. */
    readonly orphaned: number;
    readonly maxPerApp: number;
  };
  readonly leftovers: readonly Leftover[];
  readonly violations: readonly Violation[];
  readonly reactionSeconds: Reactions;
}

/** Looks at the world as it is, at what the app says of it, and at what people did. */
export function judge(evidence: Evidence): Verdict {
  const endings = evidence.asked.map((asked) => ({ asked, ending: endingOf(asked, evidence) }));
  return {
    links: endings.length,
    ready: endings.filter(({ ending }) => ending.kind === "ready").length,
    failed: endings.flatMap(({ asked, ending }) =>
      ending.kind === "failed" ? [failure(asked, ending, evidence)] : [],
    ),
    ended: endings.flatMap(({ asked: { name: link }, ending }) =>
      ending.kind === "ended" ? [{ link, by: ending.by }] : [],
    ),
    pulls: {
      tried: evidence.nodePulls.reduce((sum, { pulled, failed }) => sum + pulled + failed, 0),
      refused: evidence.nodePulls.reduce((sum, { failed }) => sum + failed, 0),
    },
    secrets: secretsIn(evidence),
    leftovers: leftoversIn(evidence),
    violations: violationsIn(evidence).map((one) => ({ ...one, detail: plain(one.detail, evidence.dump) })),
    reactionSeconds: reactionsIn(evidence),
  };
}

function failure({ name: link }: AskedLink, ending: Extract<Ending, { kind: "failed" }>, { dump }: Evidence) {
  const { step, code, detail } = ending;
  return { link, step, code, detail: plain(detail, dump) };
}

function secretsIn({ dump, passwordsSeen, mostPasswords, endedAt }: Evidence): Verdict["secrets"] {
  const { applications, versions } = oursIn(dump);
  const kept = new Set(versions.filter(({ enabled }) => enabled).map(({ tags }) => tags["keyId"]));
  const live = applications
    .flatMap(({ passwordCredentials }) => passwordCredentials)
    .filter(({ endDateTime }) => endDateTime > endedAt);
  return {
    made: [...passwordsSeen.values()].reduce((sum, keys) => sum + keys.size, 0),
    live: live.length,
    orphaned: live.filter(({ keyId }) => !kept.has(keyId)).length,
    maxPerApp: mostPasswords,
  };
}

/** Of the links that nothing standing refuses and that no person or deadline ended. */
export function shareReady(evidence: Evidence): number {
  const possible = evidence.asked.filter((asked) => {
    const { kind } = endingOf(asked, evidence);
    return kind === "ready" || (kind === "failed" && standingRefusal(asked, evidence) === undefined);
  });
  const ready = possible.filter((asked) => endingOf(asked, evidence).kind === "ready").length;
  return possible.length === 0 ? 1 : ready / possible.length;
}
