import type { Az, Env } from "./azure.ts";
import { expectThat, run, type Steps } from "./steps.ts";

/** What a run leaves for the clients after it. */
export interface Made {
  appId: string;
  secret: string;
  /** Object id in the registry's tenant. */
  principalId: string;
  registryId: string;
}

export async function login(az: Az, env: Env, tenant: "TENANT_A" | "TENANT_B"): Promise<void> {
  const [id, secret] = [env["CLIENT_ID"] ?? "", env["CLIENT_SECRET"] ?? ""];
  await az.ok("login", "--service-principal", "-u", id, "-p", secret, "--tenant", env[tenant] ?? "");
}

/** The procedure of Microsoft's document, by hand, with nothing but az. Source: authenticate-aks-cross-tenant. */
export async function procedure({ step }: Steps, az: Az, env: Env): Promise<Made> {
  const made: Made = { appId: "", secret: "", principalId: "", registryId: "" };
  await step("az: the operator signs in to the cluster's tenant", () => login(az, env, "TENANT_A"));
  await step("az: a multitenant application is registered", async () => {
    const args = ["--sign-in-audience", "AzureADMultipleOrgs", "--web-redirect-uris", "https://www.microsoft.com"];
    made.appId = (await az.json<{ appId: string }>("ad", "app", "create", "--display-name", "pull", ...args)).appId;
  });
  await step("az: it gets a secret", async () => {
    const args = ["--id", made.appId, "--append", "--display-name", "pull", "--years", "1"];
    made.secret = (await az.json<{ password: string }>("ad", "app", "credential", "reset", ...args)).password;
    const listed = await az.json<unknown[]>("ad", "app", "credential", "list", "--id", made.appId);
    expectThat(listed.length === 1, `${listed.length} credentials listed`);
  });
  await step("az: its service principal is made in the cluster's tenant, once", async () => {
    await az.ok("ad", "sp", "create", "--id", made.appId);
    const words = await az.refused("ad", "sp", "create", "--id", made.appId);
    expectThat(words.includes("already in use"), words);
  });
  await step("az: the operator signs in to the registry's tenant", () => login(az, env, "TENANT_B"));
  await step("az: after consent its service principal is there, owned by the other tenant", async () => {
    const consent = await run(env["CONSENT_CMD"] ?? "", [], { PATH: process.env["PATH"], APP_ID: made.appId });
    expectThat(consent.code === 0, consent.err);
    type Principal = { id: string; appOwnerOrganizationId: string };
    const found = await az.json<Principal>("ad", "sp", "show", "--id", made.appId);
    expectThat(found.appOwnerOrganizationId === env["TENANT_A"], JSON.stringify(found));
    made.principalId = found.id;
  });
  await grant({ step }, az, env, made);
  await update({ step }, az, env, made);
  return made;
}

async function grant({ step }: Pick<Steps, "step">, az: Az, env: Env, made: Made): Promise<void> {
  await step("az: AcrPull is given on the registry, and given again without harm", async () => {
    made.registryId = (await az.json<{ id: string }>("acr", "show", "-n", env["REGISTRY"] ?? "")).id;
    const role = ["role", "assignment", "create", "--role", "AcrPull", "--scope", made.registryId];
    await az.ok(...role, "--assignee-object-id", made.principalId, "--assignee-principal-type", "ServicePrincipal");
    await az.ok(...role, "--assignee", made.appId);
    const listed = await az.json<{ roleDefinitionName: string }[]>(
      ...["role", "assignment", "list", "--scope", made.registryId, "--assignee", made.appId],
    );
    expectThat(listed.length === 1 && listed[0]?.roleDefinitionName === "AcrPull", JSON.stringify(listed));
  });
  await step("az: with its secret the application lists the registry", async () => {
    const args = ["repository", "list", "-n", env["REGISTRY"] ?? "", "-u", made.appId, "-p", made.secret];
    const listed = await az.json<string[]>("acr", ...args);
    expectThat(listed.includes(env["REPO"] ?? ""), JSON.stringify(listed));
  });
}

async function update({ step }: Pick<Steps, "step">, az: Az, env: Env, made: Made): Promise<void> {
  const cluster = ["-g", env["RESOURCE_GROUP"] ?? "", "-n", env["CLUSTER"] ?? ""];
  const credential = ["--reset-service-principal", "--service-principal", made.appId, "--client-secret", made.secret];
  await step("az: the cluster's credential is updated, and every node pulls with it", async () => {
    await login(az, env, "TENANT_A");
    await az.ok("aks", "update-credentials", ...cluster, ...credential);
    type Cluster = { servicePrincipalProfile: { clientId: string }; provisioningState: string };
    const shown = await az.json<Cluster>("aks", "show", ...cluster);
    expectThat(shown.servicePrincipalProfile.clientId === made.appId, JSON.stringify(shown.servicePrincipalProfile));
    const answer = await fetch(`${env["CONTROL_URL"]}/control/kubelet/pull`, {
      method: "POST",
      body: JSON.stringify({ clusterId: env["CLUSTER_RESOURCE_ID"], image: imageOf(env) }),
    });
    const pulled = (await answer.json()) as { pulled: boolean };
    expectThat(pulled.pulled, JSON.stringify(pulled));
  });
  await step("az: the cluster is put whole, with a tag", async () => {
    await az.ok("aks", "update", ...cluster, "--tags", "owner=platform");
    const { tags } = await az.json<{ tags: Record<string, string> }>("aks", "show", ...cluster);
    expectThat(tags["owner"] === "platform", JSON.stringify(tags));
  });
}

export function imageOf(env: Env): string {
  return `${env["ACR_LOGIN_SERVER"]}/${env["REPO"]}:${env["TAG"]}`;
}
