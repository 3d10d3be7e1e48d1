import { proveAtHome } from "../../activities/proveAtHome.ts";
import { proveLink } from "../../activities/proveLink.ts";
import type { PullLook } from "../../activities/provePull.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import type { SecretRef } from "../../domain/pullIdentity.ts";
import type { Orchestration } from "../../durable/calls.ts";
import { done, goingOn, notYet, poll, type Attempt, type Trying } from "../poll.ts";
import type { Look, Run } from "../run.ts";
import type { OnCluster } from "./hold.ts";
import { credentialOf, onSecretTrouble } from "./secret.ts";

/** The links of a cluster whose pulls a new secret must keep alive. */
export type Linked = {
  /** Ids of links. */
  readonly links: readonly string[];
  /** The secret that worked before; null where nobody knows one. */
  readonly before: SecretRef | null;
};
type Memo = {
  /** How often in a row all of them have pulled. */
  readonly proved: number;
  /** Links that the secret of before cannot pull either: they keep nobody else waiting. */
  readonly dead: readonly string[];
  /** How often in a row that was seen of the link that is looked at. */
  readonly doubts: number;
};
/** So often in a row, so that a moment's trouble of a registry makes no link dead. */
const mostDoubts = 5;
export type LinksProved = { readonly outcome: "proved"; readonly version: string; readonly dead: readonly string[] };

/**
 * Signs in to the cluster's own tenant and pulls on every link with the secret of this run, until all that has worked
 * `times` times in a row, some time apart. A link
 * that the secret of before cannot pull either is left out, and named: one dead customer must not stop the others.
 */
export function* awaitLinks(
  run: Run,
  on: OnCluster,
  { links, before }: Linked,
  times: number,
): Orchestration<LinksProved | Stopped> {
  const { waits } = on;
  const proved = yield* poll<LinksProved>(
    run,
    {
      name: "links",
      everyInSeconds: waits.secretProofIntervalInSeconds,
      deadlineInSeconds: waits.roleDeadlineInSeconds,
      cancellable: false,
      waiting: () => null,
      expired: (detail, until) =>
        failedWith("CP-LINK-NOT-PROVED", `not every link has pulled by ${until}; last: ${detail}`),
    },
    (trying) => proveAll(run, on, { links, before }, { ...trying, times }),
  );
  return proved.outcome === "done" ? proved.value : proved;
}

function* proveAll(
  run: Run,
  on: OnCluster,
  { links, before }: Linked,
  { memo, look, times }: Trying & { readonly times: number },
): Orchestration<Attempt<LinksProved>> {
  const { appId, secret } = credentialOf(run);
  const known: Memo = { proved: 0, dead: [], doubts: 0, ...memo };
  const home = yield* look(proveAtHome, { tenantId: on.cluster.tenantId, appId, secret });
  if (home.outcome !== "proved")
    return yield* onFailure(run, on, { where: "the cluster's own tenant", seen: home, known });
  for (const linkId of links) {
    if (known.dead.includes(linkId)) continue;
    const pull = yield* look(proveLink, { linkId, appId, secret });
    if (pull.outcome === "proved" || pull.outcome === "gone") continue;
    // Trouble with the secret itself says nothing about the link.
    const isSecret = pull.outcome === "secretRefused" || pull.outcome === "secretLost";
    const isDoubted = !isSecret && (yield* failsWithBefore(look, linkId, { appId, before }));
    if (!isDoubted) return yield* onFailure(run, on, { where: `link ${linkId}`, seen: pull, known });
    const doubts = known.doubts + 1;
    const isDead = doubts >= mostDoubts;
    const next = isDead ? { dead: [...known.dead, linkId], doubts: 0 } : { doubts };
    const words = `link ${linkId} does not pull with the secret of before either`;
    return goingOn(words, { ...known, ...next, proved: 0 }, isDead ? 0 : on.waits.secretProofIntervalInSeconds);
  }
  const proved = known.proved + 1;
  if (proved >= times) return done({ outcome: "proved", version: secret.version, dead: known.dead });
  const words = `${links.length - known.dead.length} links pulled ${proved} of ${times} times`;
  return goingOn(words, { ...known, proved }, on.waits.secretProofIntervalInSeconds);
}

function* failsWithBefore(
  look: Look,
  linkId: string,
  { appId, before }: { readonly appId: string; readonly before: SecretRef | null },
): Orchestration<boolean> {
  if (before === null) return false;
  return (yield* look(proveLink, { linkId, appId, secret: before })).outcome !== "proved";
}

type Failure = {
  /** In words. */
  readonly where: string;
  readonly seen: Exclude<PullLook, { outcome: "proved" }>;
  readonly known: Memo;
};

function* onFailure(run: Run, on: OnCluster, { where, seen, known }: Failure): Orchestration<Attempt<LinksProved>> {
  const memo = { ...known, proved: 0, doubts: 0 };
  switch (seen.outcome) {
    case "refused":
      return failed(seen.problem);
    case "noPrincipal":
    case "notYet":
      return { ...notYet(`${where}: ${seen.detail}`), memo };
    default: {
      const answer = yield* onSecretTrouble(run, on, seen);
      return answer.outcome === "notYet" ? { ...answer, memo, goesOn: true } : answer;
    }
  }
}
