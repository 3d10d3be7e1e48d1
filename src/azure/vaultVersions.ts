import type { SecretClient, SecretProperties } from "@azure/keyvault-secrets";
import { asking } from "./asking.ts";
import type { SecretVersion } from "./clients.ts";

export type Ask = <Answer>(work: (client: SecretClient) => Promise<Answer>) => Promise<Answer>;
type Tags = Readonly<Record<string, string>>;

export async function versionsOf(
  client: SecretClient,
  name: string,
  signal: AbortSignal,
): Promise<readonly SecretVersion[]> {
  const found: SecretVersion[] = [];
  for (const { version, enabled, expiresOn, tags } of await propertiesOf(client, name, signal)) {
    if (version === undefined) continue;
    found.push({ version, enabled: enabled ?? true, expiresAt: expiresOn?.toISOString() ?? null, tags: tags ?? {} });
  }
  return found;
}

async function propertiesOf(
  client: SecretClient,
  name: string,
  abortSignal: AbortSignal,
): Promise<readonly SecretProperties[]> {
  const found: SecretProperties[] = [];
  for await (const properties of client.listPropertiesOfSecretVersions(name, { abortSignal })) found.push(properties);
  return found;
}

export async function disableVersion(
  client: SecretClient,
  name: string,
  version: string,
  abortSignal: AbortSignal,
): Promise<void> {
  await client.updateSecretProperties(name, version, { enabled: false, abortSignal });
}

export async function disableAll(client: SecretClient, name: string, signal: AbortSignal): Promise<void> {
  for (const { version, enabled } of await versionsOf(client, name, signal)) {
    if (enabled) await disableVersion(client, name, version, signal);
  }
}

/**
 * After a lost answer: of the enabled versions with these tags the newest is kept, the others are disabled. undefined
 * if there is none: nothing was written, or no list shows it yet.
 */
export function keepOne(ask: Ask, name: string, tags: Tags): Promise<string | undefined> {
  return asking({ what: `look for versions of the secret ${name}`, repeatable: true }, (signal) =>
    ask(async (client) => {
      const ours = (await propertiesOf(client, name, signal)).filter(
        (one) => one.enabled !== false && isTagged(one.tags ?? {}, tags),
      );
      ours.sort((a, b) => Number(b.createdOn ?? 0) - Number(a.createdOn ?? 0));
      const [kept, ...others] = ours.flatMap(({ version }) => (version === undefined ? [] : [version]));
      for (const version of others) await disableVersion(client, name, version, signal);
      return kept;
    }),
  );
}

/** One version for each password: its key id tells whose it is. Without one all tags have to be the same. */
function isTagged(found: Tags, wanted: Tags): boolean {
  const { keyId } = wanted;
  if (keyId !== undefined) return found["keyId"] === keyId;
  const entries = Object.entries(wanted);
  return entries.length > 0 && entries.every(([name, value]) => found[name] === value);
}
