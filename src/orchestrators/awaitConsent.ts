import { prepareConsent } from "../activities/prepareConsent.ts";
import { probeConsent } from "../activities/probeConsent.ts";
import type { SecretRef } from "../domain/link.ts";
import { after, earlier, secondsBetween } from "../domain/time.ts";
import { consentPollAfter } from "../domain/waits.ts";
import { call, now, waitFor, type Orchestration } from "../durable/calls.ts";
import {
  cancelled,
  cancelRequested,
  consentAnswered,
  failed,
  failedWith,
  type CancelRequest,
  type ConsentAnswer,
  type Run,
  type Stopped,
} from "./onboarding.ts";

type Consent = { readonly outcome: "granted"; readonly principalId: string };

/**
 * Waits for the first of: the callback's hint, a look that finds consent, a refusal, the deadline, a cancel.
 * Consent given before (an earlier link, a command line) is found by the first look, and nobody is asked.
 */
export function* awaitConsent(run: Run, appId: string, secret: SecretRef): Orchestration<Consent | Stopped> {
  const { context, steps } = run;
  const { linkId, request, waits } = run.input;
  const { registryTenantId } = request;
  const since = now(context);
  const deadline = after(since, waits.consentDeadlineInSeconds);
  let asked = false;

  for (;;) {
    const look = yield* call(context, probeConsent, { registryTenantId, appId, secret });
    if (look.outcome === "granted") return look;
    if (look.outcome === "refused") return failed(look.problem);
    if (
      look.outcome === "secretRefused" &&
      secondsBetween(secret.createdAt, now(context)) > waits.youngSecretInSeconds
    ) {
      return failedWith("CP-SECRET-REFUSED", `tenant ${registryTenantId}: ${look.detail}`);
    }
    if (now(context) >= deadline) {
      return failedWith(
        "CP-CONSENT-EXPIRED",
        `tenant ${registryTenantId} had not accepted the application ${appId} by ${deadline.toISOString()}`,
      );
    }
    if (!asked) {
      const expiresAt = deadline.toISOString();
      const { url } = yield* call(context, prepareConsent, { linkId, request, appId, expiresAt });
      steps.waitFor(consentWait(registryTenantId, url, expiresAt));
      asked = true;
    }
    const poll = consentPollAfter(waits, secondsBetween(since, now(context)));
    const raised = yield* waitFor<ConsentAnswer | CancelRequest>(
      context,
      [consentAnswered, cancelRequested],
      earlier(after(now(context), poll), deadline),
    );
    if (!raised) continue;
    if (!("answer" in raised.payload)) return cancelled;
    steps.note(raised.payload.detail);
    if (raised.payload.answer === "declined") return failedWith("CP-CONSENT-DENIED", raised.payload.detail);
  }
}

function consentWait(tenantId: string, url: string, until: string) {
  return {
    on: "consent",
    who: `an administrator of the registry tenant ${tenantId}`,
    what: "open the address and accept the application",
    url,
    until,
  } as const;
}
