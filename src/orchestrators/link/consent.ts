import { recordProgress } from "../../activities/operationRow.ts";
import { prepareConsent } from "../../activities/prepareConsent.ts";
import { probeConsent } from "../../activities/probeConsent.ts";
import { failed, failedWith, type Stopped, type Waiting } from "../../domain/operation.ts";
import { after, secondsBetween, type Instant } from "../../domain/time.ts";
import { consentPollAfter } from "../../domain/waits.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { once } from "../../durable/carry.ts";
import type { OnCluster } from "../cluster/hold.ts";
import { credentialOf, onSecretTrouble } from "../cluster/secret.ts";
import { done, notYet, poll } from "../poll.ts";
import { call, type Run } from "../run.ts";

export type Consented = {
  readonly outcome: "granted";
  /** Of the pull identity's service principal in the registry tenant. */
  readonly principalId: string;
  readonly grantedAt: Instant;
};

/**
 * Waits for consent, which only a token of the registry tenant proves. Consent given before (an earlier link, a command
 * line) is found by the first look, and nobody is asked. Nobody's answer at the consent page ends it: it is noted, and
 * another person may still accept. Only the deadline or a cancel does.
 */
export function* awaitConsent(
  run: Run,
  linkId: string,
  registryTenantId: string,
  on: OnCluster,
): Orchestration<Consented | Stopped> {
  const { context, generation, carried } = run;
  const { waits } = on;
  const asking = (until: Instant): Waiting | null => {
    const url = carried.get<{ url: string }>("consentLink")?.url;
    return url === undefined ? null : consentWait(registryTenantId, url, until);
  };
  const consent = yield* poll<string>(
    run,
    {
      name: "consent",
      everyInSeconds: (waited) => consentPollAfter(waits, waited, acceptedFor(run)),
      deadlineInSeconds: waits.consentDeadlineInSeconds,
      cancellable: true,
      waiting: asking,
      expired: (detail, until) => expired(run, registryTenantId, detail, until),
    },
    function* ({ since, look }) {
      const { appId, secret } = credentialOf(run);
      const seen = yield* look(probeConsent, { registryTenantId, appId, secret });
      if (seen.outcome === "granted") return done(seen.principalId);
      if (seen.outcome === "refused") return failed(seen.problem);
      if (seen.outcome !== "notYet") return yield* onSecretTrouble(run, on, seen);
      const until = after(since, waits.consentDeadlineInSeconds).toISOString();
      yield* askForConsent(run, { linkId, registryTenantId, appId, expiresAt: until });
      return notYet(generation.answered ?? seen.detail);
    },
  );
  if (consent.outcome === "stopped") return consent;
  if (carried.get("consentLink") !== undefined) yield* showProgress(run, null);
  return { outcome: "granted", principalId: consent.value, grantedAt: now(context).toISOString() };
}

/** For how long somebody has said that it was accepted; null where nobody did. */
function acceptedFor({ context, generation }: Run): number | null {
  return generation.acceptedAt === null ? null : secondsBetween(generation.acceptedAt, now(context));
}

type Asked = {
  readonly linkId: string;
  readonly registryTenantId: string;
  readonly appId: string;
  readonly expiresAt: Instant;
};

/** Once in a run: the address, and that somebody is waited for, appear on the row in the same moment. */
function* askForConsent(run: Run, asked: Asked): Orchestration<void> {
  const { context, operationId } = run;
  yield* once(run, "consentLink", function* () {
    const { url } = yield* call(context, prepareConsent, { operationId, ...asked });
    yield* showProgress(run, consentWait(asked.registryTenantId, url, asked.expiresAt));
    return { url };
  });
}

function* showProgress(run: Run, waitingFor: Waiting | null): Orchestration<void> {
  const { context, operationId, steps } = run;
  steps.waitFor(waitingFor);
  yield* call(context, recordProgress, { operationId, steps: steps.progress().steps, waitingFor });
}

function expired({ generation }: Run, tenantId: string, detail: string, until: Instant): Stopped {
  if (generation.declined !== null) {
    return failedWith("CP-CONSENT-DENIED", `${generation.declined}; nobody else accepted by ${until}`);
  }
  return failedWith("CP-CONSENT-EXPIRED", `tenant ${tenantId} had not accepted by ${until}; last: ${detail}`);
}

function consentWait(tenantId: string, url: string, until: Instant): Waiting {
  return {
    on: "consent",
    who: `an administrator of the registry tenant ${tenantId}`,
    what: "open the address and accept the application",
    url,
    until,
  };
}
