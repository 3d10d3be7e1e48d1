import { carryOverRoles } from "../../activities/carryOverRoles.ts";
import { proveHomePull } from "../../activities/proveHomePull.ts";
import { readRolesPlan } from "../../activities/readRolesPlan.ts";
import type { HomeRegistry, PullRight } from "../../domain/homeRegistries.ts";
import type { Acceptance } from "../../domain/link.ts";
import type { Target } from "../../domain/onboarding.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import { rolePollAfter, type OnboardingWaits } from "../../domain/waits.ts";
import type { Orchestration } from "../../durable/calls.ts";
import { done, goingOn, notYet, poll, type Attempt, type Trying } from "../poll.ts";
import { call, type Run } from "../run.ts";
import type { OnCluster } from "./hold.ts";
import { credentialOf, isYoung } from "./secret.ts";

type Carried = { readonly outcome: "carried"; readonly detail: string };

/**
 * Gives the new service principal the roles that this cluster lives on, and proves that it pulls from the registries of
 * the cluster's own tenant as the old one did. Whatever cannot be copied stops the run here, before a node is touched,
 * unless the caller accepted it by name. The caller holds the claim.
 */
export function* carryRoles(
  run: Run,
  on: OnCluster,
  principalId: string,
  acceptance: Acceptance,
): Orchestration<Carried | Stopped> {
  const { cluster } = on;
  const { acceptLost } = acceptance;
  const plan = yield* awaitPlan(run, on, acceptance);
  if (plan.outcome === "stopped") return plan;
  if (plan.outcome === "ours") return { outcome: "carried", detail: "the cluster already uses the pull identity" };

  const copying = { tenantId: cluster.tenantId, principalId, copies: plan.copies, acceptLost };
  const copied = yield* awaitCopies(run, on.waits, copying);
  if (copied) return copied;
  const stopped = yield* awaitHomePulls(run, on, plan.homeRegistries);
  if (stopped) return stopped;
  const left = plan.left === 0 ? "" : `, ${plan.left} left where they belong to others`;
  const unseen = plan.unseen ? `; not seen: ${plan.unseen}` : "";
  return {
    outcome: "carried",
    detail: `${plan.copies.length} role assignments copied from ${plan.from}${left}${unseen}`,
  };
}

type Look = Awaited<ReturnType<(typeof readRolesPlan)["run"]>>;
type Plan = Extract<Look, { outcome: "ours" | "planned" }>;

/** A principal that is not found, or roles that may not be read, are believed when several looks agree: replicas differ. */
function* awaitPlan(run: Run, on: OnCluster, acceptance: Acceptance): Orchestration<Plan | Stopped> {
  const { acceptLost, acceptOldApplication } = acceptance;
  const input = { cluster: on.cluster, appId: credentialOf(run).appId, acceptLost, acceptOldApplication };
  const found = yield* call(run.context, readRolesPlan, input);
  const believed = found.outcome === "uncertain" ? yield* awaitCertainty(run, on, input) : found;
  if (believed.outcome === "stopped") return believed;
  return believed.outcome === "refused" ? failed(believed.problem) : believed;
}

type Certain = Exclude<Look, { outcome: "uncertain" }>;

function* awaitCertainty(
  run: Run,
  { waits }: OnCluster,
  input: Parameters<(typeof readRolesPlan)["run"]>[0],
): Orchestration<Certain | Stopped> {
  const certain = yield* poll<Certain>(
    run,
    {
      name: "roles plan",
      everyInSeconds: waits.secretProofIntervalInSeconds,
      deadlineInSeconds: waits.roleDeadlineInSeconds,
      cancellable: true,
      waiting: () => null,
      expired: (detail) => failedWith("CP-DEPENDENCY-DOWN", detail),
    },
    function* ({ memo, look }): Orchestration<Attempt<Certain>> {
      const found = yield* look(readRolesPlan, input);
      if (found.outcome !== "uncertain") return done(found);
      const looks = Number(memo["looks"] ?? 0) + 1;
      if (looks >= waits.secretProofs) return done(found.ifSo);
      return goingOn(found.detail, { looks }, waits.secretProofIntervalInSeconds);
    },
  );
  return certain.outcome === "stopped" ? certain : certain.value;
}

type Copying = Parameters<(typeof carryOverRoles)["run"]>[0];

function* awaitCopies(run: Run, waits: OnboardingWaits, copying: Copying): Orchestration<Stopped | undefined> {
  const copied = yield* poll<string>(
    run,
    {
      name: "roles",
      everyInSeconds: (waited) => rolePollAfter(waits, waited),
      deadlineInSeconds: waits.principalDeadlineInSeconds,
      cancellable: true,
      waiting: () => null,
      expired: (detail) => failedWith("CP-PRINCIPAL-NOT-FOUND", detail),
    },
    function* ({ look }) {
      const answer = yield* look(carryOverRoles, copying);
      if (answer.outcome === "copied") return done("");
      return answer.outcome === "refused" ? failed(answer.problem) : notYet(answer.detail);
    },
  );
  return copied.outcome === "stopped" ? copied : undefined;
}

type HomePull = Parameters<(typeof proveHomePull)["run"]>[0];
/** What looks at one registry hand on: how often it let in, and what it is asked for. */
type HomeMemo = Pick<HomePull, "asked"> & { readonly proved: number };

const provedKey = "homesProved";

/** One registry after the other. What is proved stays proved to the end of the turn, over as many histories as that takes. */
function* awaitHomePulls(
  run: Run,
  on: OnCluster,
  registries: readonly HomeRegistry[],
): Orchestration<Stopped | undefined> {
  for (const { id, rights } of registries) {
    const proved = run.carried.get<readonly string[]>(provedKey) ?? [];
    if (proved.includes(id)) continue;
    const stopped = yield* awaitHomePull(run, on, { id, tenantId: on.cluster.tenantId }, rights);
    if (stopped) return stopped;
    run.carried.keep(provedKey, [...proved, id]);
  }
  return undefined;
}

/** The turn is over, and the next may be days away: what was proved in it is proved again then. */
export function forgetHomePulls({ carried }: Run): void {
  carried.forget(provedKey);
}

/** A registry of the cluster's own tenant that the old principal could read must be open to the new one as well. */
function* awaitHomePull(
  run: Run,
  on: OnCluster,
  registry: Target,
  rights: readonly PullRight[],
): Orchestration<Stopped | undefined> {
  const { waits } = on;
  const refused = (detail: string): Stopped => failedWith("CP-HOME-PULL-REFUSED", `${registry.id}: ${detail}`);
  const pulled = yield* poll<string>(
    run,
    {
      name: `home ${registry.id.toLowerCase()}`,
      everyInSeconds: (waited) => rolePollAfter(waits, waited),
      deadlineInSeconds: waits.roleDeadlineInSeconds,
      cancellable: true,
      waiting: (until) => ({
        on: "role",
        who: "nobody",
        what: `the role has to reach ${registry.id}`,
        url: null,
        until,
      }),
      expired: (detail, until) => refused(`no pull succeeded by ${until}; last: ${detail}`),
    },
    (trying) => pullFromHome(run, on, { registry, rights }, trying),
  );
  return pulled.outcome === "stopped" ? pulled : undefined;
}

function* pullFromHome(
  run: Run,
  on: OnCluster,
  home: Pick<HomePull, "registry" | "rights">,
  { memo, look }: Trying,
): Orchestration<Attempt<string>> {
  const { appId, secret } = credentialOf(run);
  const before: HomeMemo = { proved: 0, asked: null, ...memo };
  const pull = yield* look(proveHomePull, { ...home, asked: before.asked, appId, secret });
  switch (pull.outcome) {
    case "proved": {
      const proved = before.proved + 1;
      const { asked } = pull;
      const { secretProofs, secretProofIntervalInSeconds } = on.waits;
      if (proved >= secretProofs) return done("");
      // One replica of a registry may know a role before the other: once is not enough.
      const words = `pulled ${proved} of ${secretProofs} times`;
      return goingOn(words, { proved, asked }, secretProofIntervalInSeconds);
    }
    case "refused":
      return failed(pull.problem);
    case "notYet":
      return { ...notYet(pull.detail), memo: { proved: 0, asked: pull.asked } };
    default:
      return isYoung(run, on, { outcome: pull.outcome, detail: pull.detail })
        ? { ...notYet(pull.detail), memo: { ...before, proved: 0 } }
        : failedWith("CP-SECRET-REFUSED", pull.detail);
  }
}
