import type { SecretClient } from "@azure/keyvault-secrets";
import { Secret } from "../domain/secret.ts";
import type { SecretVersion, Vault } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { failureOf, lasting, transient, unexpected, without, type Failure } from "./errors.ts";
import { lazy } from "./lazy.ts";

const healthTimeoutInMs = 5_000;
type Ask = <Answer>(work: (client: SecretClient) => Promise<Answer>) => Promise<Answer>;

export function connectVault(vaultUrl: string, cloud: Cloud, credentials: Credentials): Vault {
  const client = lazy(async () => {
    const { SecretClient } = await import("@azure/keyvault-secrets");
    return new SecretClient(vaultUrl, credentials.whereChallenged, {
      // In Azure a challenge must name the vault's own domain; elsewhere the vault's host is no part of its audience.
      disableChallengeResourceVerification: cloud.name === "custom",
    });
  });
  const ask = oneFirst(client);
  return { ...writes(ask), ...reads(ask) };
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
    const first = client().then(work);
    opened = first;
    return first;
  };
}

function writes(ask: Ask): Pick<Vault, "put" | "disable" | "remove"> {
  return {
    async put(name, value, { expiresAt, tags }) {
      const what = `put the secret ${name} into the vault`;
      const set = (client: SecretClient) =>
        client.setSecret(name, value.reveal(), { expiresOn: new Date(expiresAt), tags: { ...tags } });
      try {
        const { properties } = await ask(set).catch(async (error: unknown) => {
          if (!isDeletedButRecoverable(failureOf(error))) throw error;
          // The name was used before: a soft-deleted secret keeps it until it is recovered or purged.
          await ask(async (client) => (await client.beginRecoverDeletedSecret(name)).pollUntilDone());
          return ask(set);
        });
        if (!properties.version) throw new Error(`could not ${what}: the vault answered without a version`);
        return { version: properties.version };
      } catch (error) {
        const failure = without(value, lasting(error, what));
        if (failure.status === 409) throw transient(failure, what);
        throw unexpected(failure, what);
      }
    },

    async disable(name, version) {
      const what = `disable version ${version} of the secret ${name}`;
      try {
        await ask((client) => client.updateSecretProperties(name, version, { enabled: false }));
      } catch (error) {
        const failure = lasting(error, what);
        if (failure.status !== 404) throw unexpected(failure, what);
      }
    },

    async remove(name) {
      const what = `remove the secret ${name} from the vault`;
      try {
        await ask(async (client) => {
          // A recovered secret has its old versions back: they must not come back to life.
          for await (const { version, enabled } of client.listPropertiesOfSecretVersions(name)) {
            if (version && enabled) await client.updateSecretProperties(name, version, { enabled: false });
          }
          await client.beginDeleteSecret(name);
        });
      } catch (error) {
        const failure = failureOf(error);
        if (failure.status === 404 || failure.status === 409) return;
        throw unexpected(lasting(error, what), what);
      }
    },
  };
}

function isDeletedButRecoverable({ status, code, detail }: Failure): boolean {
  return status === 409 && /ObjectIsDeletedButRecoverable|deleted but recoverable/i.test(`${code} ${detail}`);
}

function reads(ask: Ask): Pick<Vault, "get" | "versions" | "reachable"> {
  return {
    async get(name, version) {
      const what = `read the secret ${name} from the vault`;
      try {
        const { value } = await ask((client) => client.getSecret(name, { version }));
        return value ? new Secret(value) : undefined;
      } catch (error) {
        const failure = lasting(error, what);
        if (failure.status === 404 || /disabled secret|SecretDisabled/i.test(failure.detail)) return undefined;
        throw unexpected(failure, what);
      }
    },

    async versions(name) {
      const what = `list the versions of the secret ${name}`;
      try {
        return await ask(async (client) => {
          const found: SecretVersion[] = [];
          for await (const { version, enabled, expiresOn, tags } of client.listPropertiesOfSecretVersions(name)) {
            if (version === undefined) continue;
            const expiresAt = expiresOn?.toISOString() ?? null;
            found.push({ version, enabled: enabled ?? true, expiresAt, tags: tags ?? {} });
          }
          return found;
        });
      } catch (error) {
        const failure = lasting(error, what);
        if (failure.status === 404) return [];
        throw unexpected(failure, what);
      }
    },

    async reachable() {
      try {
        const abortSignal = AbortSignal.timeout(healthTimeoutInMs);
        await ask((client) => client.listPropertiesOfSecrets({ abortSignal }).byPage({ maxPageSize: 1 }).next());
        return true;
      } catch {
        return false;
      }
    },
  };
}
