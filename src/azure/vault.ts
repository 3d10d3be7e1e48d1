import type { SecretClient } from "@azure/keyvault-secrets";
import { TransientError } from "../domain/errors.ts";
import { Secret } from "../domain/secret.ts";
import { asking, callLimitInMs, within } from "./asking.ts";
import type { Vault } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { isForbidden } from "./errors.ts";
import { lazy } from "./lazy.ts";
import { noRetries, policiesFor } from "./pipeline.ts";
import { purgeOf } from "./vaultDeletion.ts";
import { accessRefusal, isBeingChanged, isDisabled, putRefusal } from "./vaultRefusals.ts";
import { disableAll, disableVersion, keepOne, versionsOf, type Ask } from "./vaultVersions.ts";

const healthTimeoutInMs = 5_000;
const recoveryPollInMs = 1_000;
/** Asked for to learn what we may do; lists do not say why they are refused. Nobody makes a secret of this name. */
const nobodysSecret = { name: "crosspull-access", version: "0".repeat(32) };
/** Some vaults' policies ask for it. */
const contentType = "text/plain";

export function connectVault(vaultUrl: string, cloud: Cloud, credentials: Credentials): Vault {
  const client = lazy(async () => {
    const { SecretClient } = await import("@azure/keyvault-secrets");
    return new SecretClient(vaultUrl, credentials.challengeCredential, {
      // In Azure a challenge must name the vault's own domain; elsewhere the vault's host is no part of its audience.
      disableChallengeResourceVerification: cloud.name === "custom",
      retryOptions: noRetries,
      additionalPolicies: policiesFor(vaultUrl),
    });
  });
  const ask = oneFirst(client);
  return { ...writes(ask), ...changes(ask), ...reads(ask) };
}

/**
 * Lets the first call of a client finish before any other starts: of two started at once the second would send its
 * body, the secret, before it knows whom to sign in to.
 */
function oneFirst(client: () => Promise<SecretClient>): Ask {
  let opened: Promise<unknown> | undefined;
  return async (work) => {
    while (opened) {
      const open = opened;
      if (
        await open.then(
          () => true,
          () => false,
        )
      )
        return work(await client());
      if (opened === open) opened = undefined;
    }
    // One that hangs must not keep the others waiting for ever.
    const first = within(AbortSignal.timeout(callLimitInMs), client().then(work));
    opened = first;
    return first;
  };
}

function writes(ask: Ask): Pick<Vault, "put"> {
  return {
    async put(name, value, { expiresAt, tags }) {
      const what = `put the secret ${name} into the vault`;
      const set = () =>
        asking(
          { what, secrets: [value], repeatable: false, passing: isBeingChanged },
          (abortSignal) =>
            ask(async (client) => {
              const about = { expiresOn: new Date(expiresAt), tags: { ...tags }, contentType, abortSignal };
              const { properties } = await client.setSecret(name, value.reveal(), about);
              if (!properties.version) throw new Error("the vault answered without a version");
              return { outcome: "put", version: properties.version } as const;
            }),
          putRefusal,
        );
      try {
        const first = await set();
        if (first.outcome !== "deleted") return first;
        await recover(ask, name);
        const second = await set();
        if (second.outcome !== "deleted") return second;
        throw new TransientError(`could not ${what} now: the name is still deleted`);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        // No answer is no refusal: the version may be there, and a second one would be one too many.
        const kept = await keepOne(ask, name, tags).catch(() => undefined);
        if (kept === undefined) throw error;
        return { outcome: "put", version: kept };
      }
    },
  };
}

/**
 * The name was used before: a soft-deleted secret keeps it until it is recovered or purged. Its old versions come back
 * with it, and must not come back to life.
 */
async function recover(ask: Ask, name: string): Promise<void> {
  await asking({ what: `recover the secret ${name}`, repeatable: true, passing: isBeingChanged }, (abortSignal) =>
    ask(async (client) => {
      const poller = await client.beginRecoverDeletedSecret(name, { intervalInMs: recoveryPollInMs, abortSignal });
      await poller.pollUntilDone({ abortSignal });
    }),
  );
  await asking({ what: `disable the old versions of ${name}`, repeatable: true, passing: isBeingChanged }, (signal) =>
    ask((client) => disableAll(client, name, signal)),
  );
}

/** What was right when it was decided is tried again until it is done: a closed vault may be opened. */
function changes(ask: Ask): Pick<Vault, "disable" | "remove" | "purge" | "tag"> {
  const unlessGone = (
    what: string,
    work: (client: SecretClient, signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> =>
    asking(
      { what, repeatable: true, passing: (failure) => isForbidden(failure) || isBeingChanged(failure) },
      (signal) => ask(async (client) => void (await work(client, signal))),
      ({ status }) => (status === 404 ? null : undefined),
    ).then(() => undefined);
  return {
    disable: (name, version) =>
      unlessGone(`disable version ${version} of the secret ${name}`, (client, signal) =>
        disableVersion(client, name, version, signal),
      ),

    remove: (name) =>
      unlessGone(`remove the secret ${name} from the vault`, async (client, abortSignal) => {
        // A recovered secret has its old versions back: they must not come back to life.
        await disableAll(client, name, abortSignal);
        await client.beginDeleteSecret(name, { abortSignal });
      }),

    purge: (name) => purgeOf(ask, name),

    tag: (name, version, tags) =>
      unlessGone(`tag version ${version} of the secret ${name}`, (client, abortSignal) =>
        client.updateSecretProperties(name, version, { tags: { ...tags }, abortSignal }),
      ),
  };
}

function reads(ask: Ask): Pick<Vault, "get" | "versions" | "access" | "reachable"> {
  const versions: Vault["versions"] = (name) =>
    asking(
      { what: `list the versions of the secret ${name}`, repeatable: true, passing: isForbidden },
      (signal) => ask((client) => versionsOf(client, name, signal)),
      ({ status }) => (status === 404 ? [] : undefined),
    );
  const firstPage = (client: SecretClient, abortSignal: AbortSignal): Promise<unknown> =>
    client.listPropertiesOfSecrets({ abortSignal }).byPage({ maxPageSize: 1 }).next();
  return {
    versions,
    get: reading(ask, versions),

    async access() {
      const { name, version } = nobodysSecret;
      const mayRead = await allowed(ask, (client, abortSignal) => client.getSecret(name, { abortSignal }));
      if (mayRead.outcome !== "usable") return mayRead;
      return allowed(ask, (client, abortSignal) => client.updateSecretProperties(name, version, { abortSignal }));
    },

    async reachable() {
      const signal = AbortSignal.timeout(healthTimeoutInMs);
      // Another call may be the first of this client, and hang.
      const asked = within(
        signal,
        ask((client) => firstPage(client, signal)),
      );
      return asked.then(
        () => true,
        () => false,
      );
    },
  };
}

function reading(ask: Ask, versions: Vault["versions"]): Vault["get"] {
  return async (name, version) => {
    const answer = await asking(
      { what: `read the secret ${name} from the vault`, repeatable: true, bringsSecret: true },
      (abortSignal) =>
        ask(async (client) => {
          const { value } = await client.getSecret(name, { version, abortSignal });
          return value ? ({ outcome: "read", value: new Secret(value) } as const) : gone(version);
        }),
      (failure) => (failure.status === 404 || isDisabled(failure) ? gone(version) : accessRefusal(failure)),
    );
    // Some vaults do not say why: whoever may list sees whether the version is disabled.
    if (answer.outcome !== "forbidden" || answer.code !== "Forbidden") return answer;
    const listed = await versions(name).catch(() => []);
    const isOff = listed.some((one) => one.version === version && !one.enabled);
    return isOff ? gone(version) : answer;
  };
}

/** Tries what can change nothing: who may not do it is told so before it is told what is not there. */
function allowed(
  ask: Ask,
  work: (client: SecretClient, signal: AbortSignal) => Promise<unknown>,
): ReturnType<Vault["access"]> {
  return asking(
    { what: "look into the vault", repeatable: true },
    async (signal) => {
      await ask((client) => work(client, signal));
      return { outcome: "usable" } as const;
    },
    (failure) => (failure.status === 404 ? { outcome: "usable" } : accessRefusal(failure)),
  );
}

function gone(version: string): { readonly outcome: "gone"; readonly detail: string } {
  return { outcome: "gone", detail: `version ${version} is not there, or it is disabled` };
}
