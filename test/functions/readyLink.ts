/** A link that is ready in a simulated cloud: onboarded by the activities themselves, with rows in memory, and people who change things after. */
import { addSecret } from "../../src/activities/addSecret.ts";
import { claimCluster } from "../../src/activities/claimCluster.ts";
import { ensureIdentity } from "../../src/activities/ensureIdentity.ts";
import { followClusterUpdate, recordUpdate } from "../../src/activities/followClusterUpdate.ts";
import { grantPull } from "../../src/activities/grantPull.ts";
import { useSecret } from "../../src/activities/judgeSecrets.ts";
import { probeConsent } from "../../src/activities/probeConsent.ts";
import { recordEnding } from "../../src/activities/recordEnding.ts";
import { startClusterUpdate } from "../../src/activities/startClusterUpdate.ts";
import { clusterKeyOf, linkIdOf, names } from "../../src/domain/ids.ts";
import type { Link } from "../../src/domain/link.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { createLink } from "../../src/functions/createLink.ts";
import { answering } from "../../src/functions/http.ts";
import type { LinkView } from "../../src/functions/linkView.ts";
import type { planView } from "../../src/functions/planView.ts";
import { worldOf } from "../activities/world.ts";
import type { Simulated } from "../azure/simulated.ts";
import { ask } from "./ask.ts";
import { fakeInstances, link, operation } from "./rows.ts";

type Plan = Awaited<ReturnType<typeof planView>>;
type Refusal = { readonly code?: string };

/** Onboards the estate's first cluster to its first registry. Each request sees the rows as the onboarding left them. */
export async function readyLink(simulated: Simulated) {
  const { cluster, registry, tenantA, tenantB } = simulated;
  const request = { cluster: cluster.id, registry: registry.id, clusterTenantId: tenantA, registryTenantId: tenantB };
  const [id, clusterKey] = [linkIdOf(cluster.id, registry.id), clusterKeyOf(cluster.id)];
  const operationId = `${id}-00000001`;
  const rows = {
    links: [link({ ...request, image: "team/app:v1", id, operationId, clusterKey })],
    operations: [operation({ id: operationId, subject: id, clusterKey, instanceId: names.onboarding(id) })],
  };
  const azure = { ...simulated.azure, now: () => new Date() };
  const world = await worldOf({ ...rows, identities: [] }, azure);
  const on = { operationId, clusterKey, cluster: { id: cluster.id, tenantId: tenantA } };
  await claimCluster.run(on, world);
  const { appId } = made(await ensureIdentity.run({ ...on, linkId: id }, world), "ready");
  const { secret } = made(await addSecret.run(on, world), "ready");
  await useSecret.run({ ...on, version: secret.version }, world);
  await simulated.control("POST", "/control/consent", { tenantId: tenantB, clientId: appId });
  const { principalId } = made(await probeConsent.run({ registryTenantId: tenantB, appId, secret }, world), "granted");
  const target = { id: registry.id, tenantId: tenantB };
  await grantPull.run({ operationId, linkId: id, registry: target, repositories: [], principalId }, world);
  const { operation: begun, since } = made(
    await startClusterUpdate.run({ ...on, version: secret.version }, world),
    "started",
  );
  const following = { cluster: on.cluster, appId, operation: begun, since, settleInSeconds: 0 };
  while ((await followClusterUpdate.run(following, world)).outcome === "running")
    await new Promise((resolve) => setTimeout(resolve, 50));
  await recordUpdate.run({ ...on, outcome: "succeeded" }, world);
  const ending = { state: "ended", problem: null, proof: null, steps: [] } as const;
  await recordEnding.run({ operationId, linkId: id, clusterKey, ...ending }, world);

  const [readied, identity] = [await world.links.read(id), await world.identities.read(clusterKey)];
  const ended = await world.operations.read(operationId);
  const asked = async <Body>(query: string) => {
    const left = { links: found<Link>(readied), operations: found<Operation>(ended), identities: found(identity) };
    const connected = {
      world: await worldOf(left, azure),
      config: { secretLifetimeInDays: 180, maintenanceWindow: null, preflightLimitInSeconds: 100, waits: {} } as never,
    };
    const handler = answering(createLink(async () => connected, fakeInstances().of));
    return ask<Body>(handler, `/api/links${query}`, { method: "POST", body: { ...request, image: "team/app:v1" } });
  };
  return {
    appId,
    principalId,
    post: () => asked<LinkView & Refusal>(""),
    plan: () => asked<Plan>("?dryRun=true"),
  };
}

function found<Value>(row: { readonly value: Value } | undefined): readonly Value[] {
  return row ? [row.value] : [];
}

function made<Outcome extends { readonly outcome: string }, Wanted extends Outcome["outcome"]>(
  answer: Outcome,
  wanted: Wanted,
): Extract<Outcome, { readonly outcome: Wanted }> {
  if (answer.outcome !== wanted) throw new Error(JSON.stringify(answer));
  return answer as Extract<Outcome, { readonly outcome: Wanted }>;
}

const audiences = {
  ARM_URL: "https://management.azure.com",
  GRAPH_URL: "https://graph.microsoft.com",
  VAULT_URL: "https://vault.azure.net",
} as const;

/** A call of a person who may do everything in that tenant. */
export async function byOwner<Body = unknown>(
  { env }: Pick<Simulated, "env">,
  tenantId: string,
  service: keyof typeof audiences,
  method: string,
  path: string,
  body?: object,
): Promise<Body> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
    scope: `${audiences[service]}/.default`,
  });
  const signedIn = await fetch(`${env["ENTRA_URL"]}/${tenantId}/oauth2/v2.0/token`, { method: "POST", body: form });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const answer = await fetch(`${env[service]}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as Body;
}
