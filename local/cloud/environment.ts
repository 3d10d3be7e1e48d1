import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Addresses } from "./addresses/addresses.ts";
import { resourceId, type Estate } from "./estates/estate.ts";

interface Known {
  readonly estate: Estate;
  readonly caFile: string;
  readonly folder: string;
  readonly addresses: Addresses;
  readonly identityHeader: string;
}

/**
 * What a client needs to know of a running cloud. Keys whose thing the estate does not have are left out.
 * No value has a space as long as the folder's name has none, so the file can be read by a shell as it is.
 */
export function environmentOf(known: Known): Readonly<Record<string, string>> {
  const { estate, caFile, addresses, identityHeader } = known;
  const { url, host, proxyUrl } = addresses;
  const [tenantA, tenantB, tenantC] = estate.tenants;
  const [registry] = estate.registries;
  const [identity] = estate.managedIdentities;
  return present({
    ENTRA_URL: url("entra"),
    ARM_URL: url("arm"),
    GRAPH_URL: url("graph"),
    VAULT_URL: url("vault"),
    ACR_LOGIN_SERVER: registry && host(`registry:${registry.name}`),
    CA_BUNDLE: caFile,
    // For the names of the public cloud; what is on this machine is reached without it.
    ...(proxyUrl !== undefined && { HTTPS_PROXY: proxyUrl, NO_PROXY: "localhost,127.0.0.1" }),
    CONTROL_URL: url("control"),
    IDENTITY_ENDPOINT: `${url("identity")}/msi/token`,
    IDENTITY_HEADER: identityHeader,
    TENANT_A: tenantA?.id,
    TENANT_B: tenantB?.id,
    TENANT_C: tenantC?.id,
    ...clients(estate),
    MANAGED_IDENTITY_CLIENT_ID: identity?.clientId,
    ...resources(estate),
    CONSENT_CMD: tenantB && consentCommand(known, tenantB.id),
  });
}

function clients({ applications }: Estate): Record<string, string | undefined> {
  const find = (key: string): Estate["applications"][number] | undefined => applications.find((one) => one.key === key);
  const [az, automation, api] = [find("az"), find("automation"), find("api")];
  const [operator, reader, nobody] = [find("operator"), find("reader"), find("nobody")];
  return {
    CLIENT_ID: az?.appId,
    CLIENT_SECRET: az?.secrets[0]?.value,
    AUTOMATION_CLIENT_ID: automation?.appId,
    API_AUDIENCE: api?.identifierUris[0],
    API_CLIENT_ID: api?.appId,
    OPERATOR_CLIENT_ID: operator?.appId,
    OPERATOR_CLIENT_SECRET: operator?.secrets[0]?.value,
    READER_CLIENT_ID: reader?.appId,
    READER_CLIENT_SECRET: reader?.secrets[0]?.value,
    NOBODY_CLIENT_ID: nobody?.appId,
    NOBODY_CLIENT_SECRET: nobody?.secrets[0]?.value,
  };
}

function resources({ clusters, registries }: Estate): Record<string, string | undefined> {
  const [cluster] = clusters;
  const [registry] = registries;
  const [repository] = registry?.repositories ?? [];
  return {
    SUBSCRIPTION_ID: cluster?.subscriptionId,
    RESOURCE_GROUP: cluster?.resourceGroup,
    CLUSTER: cluster?.name,
    CLUSTER_RESOURCE_ID: cluster && resourceId("Microsoft.ContainerService/managedClusters", cluster),
    SUBSCRIPTION_ID_B: registry?.subscriptionId,
    RESOURCE_GROUP_B: registry?.resourceGroup,
    REGISTRY: registry?.name,
    REGISTRY_RESOURCE_ID: registry && resourceId("Microsoft.ContainerRegistry/registries", registry),
    REPO: repository?.name,
    TAG: repository?.tags[0],
  };
}

/** A script, because a command with spaces would need quotes that half the readers of such files keep. */
function consentCommand({ folder, addresses }: Known, tenantId: string): string {
  const file = join(folder, "consent.sh");
  const lines = [
    "#!/bin/sh",
    `# Accepts, as administrator of the registry tenant, what the application $APP_ID asks for.`,
    `exec curl -fsS -d tenantId=${tenantId} -d "clientId=$APP_ID" -d accept=true ${addresses.url("control")}/control/consent`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  chmodSync(file, 0o755);
  return file;
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
