import type { Az, Env } from "./azure.ts";
import { login, type Made } from "./procedure.ts";
import { expectThat, type Steps } from "./steps.ts";

/** Reads, the policy of authentication-as-ARM, and the vault, in both tenants. */
export async function reads({ step }: Steps, az: Az, env: Env): Promise<void> {
  const registry = env["REGISTRY"] ?? "";
  const policy = ["acr", "config", "authentication-as-arm"];
  await step("az: clusters, pools and resources are listed", async () => {
    const group = ["-g", env["RESOURCE_GROUP"] ?? ""];
    const clusters = await az.json<{ name: string }[]>("aks", "list");
    expectThat(
      clusters.some(({ name }) => name === env["CLUSTER"]),
      JSON.stringify(clusters),
    );
    await az.ok("aks", "nodepool", "list", ...group, "--cluster-name", env["CLUSTER"] ?? "");
    await az.ok("resource", "list", "--resource-type", "Microsoft.ContainerService/managedClusters");
  });
  await step("az: a secret is put into the vault and read back", async () => {
    const url = `${env["VAULT_URL"]}/secrets/by-az?api-version=7.3`;
    const resource = ["--resource", "https://vault.azure.net"];
    await az.ok("rest", "--method", "put", "--url", url, ...resource, "--body", '{"value":"kept"}');
    const read = await az.json<{ value: string }>("rest", "--method", "get", "--url", url, ...resource);
    expectThat(read.value === "kept", JSON.stringify(read));
  });
  await step("az: Resource Graph answers what the caller may read", async () => {
    await login(az, env, "TENANT_B");
    const query =
      "resources | where type =~ 'microsoft.containerregistry/registries' | project name | order by name asc";
    const url = `${env["ARM_URL"]}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01`;
    const body = JSON.stringify({ subscriptions: [env["SUBSCRIPTION_ID_B"]], query });
    type Rows = { count: number; data: { name: string }[] };
    const found = await az.json<Rows>("rest", "--method", "post", "--url", url, "--body", body);
    expectThat(
      found.data.some(({ name }) => name === registry),
      JSON.stringify(found),
    );
  });
  await step("az: repositories, tags, manifests and a login token are read from the registry", async () => {
    expectThat((await az.json<string[]>("acr", "repository", "list", "-n", registry)).length > 0, "no repositories");
    const args = ["-n", registry, "--repository", env["REPO"] ?? ""];
    const tags = await az.json<string[]>("acr", "repository", "show-tags", ...args);
    expectThat(tags.includes(env["TAG"] ?? ""), JSON.stringify(tags));
    const image = `${env["REPO"]}:${env["TAG"]}`;
    const shown = await az.json<{ digest: string }>("acr", "repository", "show", "-n", registry, "--image", image);
    const manifests = await az.json<{ digest: string; tags: string[] }[]>(
      ...["acr", "manifest", "list-metadata", "-r", registry, "-n", env["REPO"] ?? ""],
    );
    expectThat(manifests[0]?.digest === shown.digest && manifests[0].tags.length === 1, JSON.stringify(manifests));
    await az.ok("acr", "login", "-n", registry, "--expose-token");
  });
  await step(
    "az: authentication-as-arm is shown, disabled and enabled; az still signs in while it is disabled",
    async () => {
      const status = async (...args: string[]): Promise<string> =>
        (await az.json<{ status: string }>(...policy, ...args, "-r", registry)).status;
      expectThat((await status("show")) === "enabled", "not enabled to begin with");
      expectThat((await status("update", "--status", "disabled")) === "disabled", "not disabled");
      expectThat((await status("show")) === "disabled", "not shown as disabled");
      await az.ok("acr", "repository", "list", "-n", registry);
      expectThat((await status("update", "--status", "enabled")) === "enabled", "not enabled again");
    },
  );
}

/** What Azure refuses, with the code az shows. */
export async function refusals({ step }: Steps, az: Az, env: Env, made: Made): Promise<void> {
  const group = ["-g", env["RESOURCE_GROUP"] ?? ""];
  const expectWords = async (words: RegExp, ...args: string[]): Promise<void> => {
    const said = await az.refused(...args);
    expectThat(words.test(said), said.slice(-600));
  };
  const signIn = (id: string, secret: string, tenant: string): string[] => [
    "login",
    "--service-principal",
    "-u",
    id,
    "-p",
    secret,
    "--tenant",
    tenant,
  ];
  await login(az, env, "TENANT_A");
  await step("az: a cluster that is not there is ResourceNotFound", () =>
    expectWords(/ResourceNotFound/, "aks", "show", ...group, "-n", "nowhere"),
  );
  const credential = ["--reset-service-principal", "--service-principal", made.appId, "--client-secret", made.secret];
  await step("az: a cluster with a managed identity takes no service principal", () =>
    expectWords(
      /not using a service principal/,
      "aks",
      "update-credentials",
      ...group,
      "-n",
      "aks-managed",
      ...credential,
    ),
  );
  const none = made.secret.replace(/.$/, "").concat("?");
  const wrong = ["--reset-service-principal", "--service-principal", made.appId, "--client-secret", none];
  await step("az: a wrong secret is refused before a node is touched", () =>
    expectWords(/7000215/, "aks", "update-credentials", ...group, "-n", "aks-staging", ...wrong),
  );
  await step("az: a role for a principal of another tenant is PrincipalNotFound", async () => {
    await login(az, env, "TENANT_B");
    const id = "30000000-0000-4000-8000-00000000ffff";
    const role = ["role", "assignment", "create", "--role", "AcrPull", "--scope", made.registryId];
    await expectWords(
      /PrincipalNotFound|does not exist in the directory/,
      ...role,
      "--assignee-object-id",
      id,
      "--assignee-principal-type",
      "ServicePrincipal",
    );
  });
  await step("az: a login with a wrong secret is AADSTS7000215, of an unknown application AADSTS700016", async () => {
    const tenant = env["TENANT_A"] ?? "";
    await expectWords(/AADSTS7000215/, ...signIn(env["CLIENT_ID"] ?? "", "wrong-secret-altogether", tenant));
    await expectWords(/AADSTS700016/, ...signIn("99999999-0000-4000-8000-000000000001", "wrong-secret", tenant));
  });
  await step("az: the role is taken back, the application deleted, and both are gone", async () => {
    await login(az, env, "TENANT_B");
    const of = ["--scope", made.registryId, "--assignee", made.appId];
    await az.ok("role", "assignment", "delete", "--role", "AcrPull", ...of);
    const left = await az.json<unknown[]>("role", "assignment", "list", ...of);
    expectThat(left.length === 0, JSON.stringify(left));
    await login(az, env, "TENANT_A");
    await az.ok("ad", "app", "delete", "--id", made.appId);
    await expectWords(/does not exist/, "ad", "app", "show", "--id", made.appId);
  });
}
