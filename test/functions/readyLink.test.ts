/** A link that was ready is looked at on both sides when it is asked for again, whatever people did meanwhile. */
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { byOwner, readyLink } from "./readyLink.ts";

let simulated: Simulated;
let ready: Awaited<ReturnType<typeof readyLink>>;
let snapshot: string;
beforeAll(async () => {
  simulated = await simulate({ speed: 1000 });
  ready = await readyLink(simulated);
  const kept = (await simulated.control("POST", "/control/snapshots")) as { id: string };
  snapshot = kept.id;
}, 60_000);
afterAll(() => simulated.close());
afterEach(() => simulated.control("POST", `/control/snapshots/${snapshot}/restore`));

type Named = { readonly id: string };
type Assignments = {
  readonly value: readonly (Named & {
    readonly properties: { readonly principalId: string; readonly roleDefinitionId: string };
  })[];
};
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const authorization = "/providers/Microsoft.Authorization";
const inA = (service: "ARM_URL" | "GRAPH_URL" | "VAULT_URL", method: string, path: string, body?: object) =>
  byOwner<Named>(simulated, simulated.tenantA, service, method, path, body);
const inB = (service: "ARM_URL" | "GRAPH_URL", method: string, path: string, body?: object) =>
  byOwner<Named>(simulated, simulated.tenantB, service, method, path, body);
const principalAt = async (side: typeof inB) => {
  const { id } = await side("GRAPH_URL", "GET", `/v1.0/servicePrincipals(appId='${ready.appId}')`);
  return `/v1.0/servicePrincipals/${id}`;
};
const ourApplication = () => `/v1.0/applications(appId='${ready.appId}')`;
const removeAssignments = async (principalId: string, role = "") => {
  const path = `${simulated.registry.id}${authorization}/roleAssignments?api-version=2022-04-01`;
  const { value } = await byOwner<Assignments>(simulated, simulated.tenantB, "ARM_URL", "GET", path);
  for (const { id, properties } of value)
    if (properties.principalId === principalId && properties.roleDefinitionId.endsWith(role))
      await inB("ARM_URL", "DELETE", `${id}?api-version=2022-04-01`);
};
const lock = (side: typeof inB, id: string) =>
  side("ARM_URL", "PUT", `${id}${authorization}/locks/l?api-version=2016-09-01`, {
    properties: { level: "ReadOnly" },
  });
const actionsOf = (changes: readonly { readonly action: string }[]) => changes.map(({ action }) => action).join(" ");
const untouched = "reuse reuse reuse reuse none none";

test("that nobody touched is answered as it is", async () => {
  expect(actionsOf((await ready.plan()).body.changes)).toBe(untouched);
  expect(await ready.post()).toMatchObject({ status: 200, body: { status: "ready" } });
});

const automation = "30000000-0000-4000-8000-000000000104";
/** Role Based Access Control Administrator. */
const administrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
test.each<[string, string, () => Promise<unknown>]>([
  ["a lock on the registry", "registry-lock", () => lock(inB, simulated.registry.id)],
  ["a lock on the cluster", "cluster-lock", () => lock(inA, simulated.cluster.id)],
  ["our right to assign roles taken back", "grant-right", () => removeAssignments(automation, administrator)],
  [
    "the cluster stopped for the night",
    "cluster-running",
    () => simulated.control("PATCH", "/control/clusters", { clusterId: simulated.cluster.id, powerState: "Stopped" }),
  ],
])("with %s is not refused: nothing is to be changed (%s warns)", async (_what, rule, change) => {
  await change();
  const { body } = await ready.plan();
  expect(body).toMatchObject({ allowed: true, problem: null });
  expect(body.checks.find(({ id }) => id === rule)).toMatchObject({ verdict: "warn", code: null });
  expect(await ready.post()).toMatchObject({ status: 200, body: { status: "ready" } });
});

test("and lacks something is refused by what forbids making it", async () => {
  await removeAssignments(ready.principalId);
  await lock(inB, simulated.registry.id);
  expect(await ready.post()).toMatchObject({ status: 409, body: { code: "CP-SCOPE-LOCKED" } });
});

test.each<[string, string, () => Promise<unknown>]>([
  [
    "the application made single-tenant",
    "change reuse reuse reuse none none",
    () => inA("GRAPH_URL", "PATCH", ourApplication(), { signInAudience: "AzureADMyOrg" }),
  ],
  [
    "the application deleted",
    "create create create create none change",
    () => inA("GRAPH_URL", "DELETE", ourApplication()),
  ],
  [
    "the service principal in the registry's tenant disabled",
    "reuse reuse unknown unknown none none",
    async () => inB("GRAPH_URL", "PATCH", await principalAt(inB), { accountEnabled: false }),
  ],
  [
    "consent revoked and given again",
    "reuse reuse reuse create none none",
    async () => {
      await inB("GRAPH_URL", "DELETE", await principalAt(inB));
      await simulated.control("POST", "/control/consent", { tenantId: simulated.tenantB, clientId: ready.appId });
    },
  ],
  [
    "the secret deleted from the vault",
    "reuse create reuse reuse none change",
    () =>
      inA("VAULT_URL", "DELETE", `/secrets/${names.vaultSecret(clusterKeyOf(simulated.cluster.id))}?api-version=7.5`),
  ],
  [
    "the grant made anew by others, under another name",
    untouched,
    async () => {
      await removeAssignments(ready.principalId);
      const name = `${authorization}/roleAssignments/99999999-0000-4000-8000-000000000001`;
      const roleDefinitionId = `/subscriptions/b0000000-0000-4000-8000-0000000000a1${authorization}/roleDefinitions/${acrPull}`;
      const properties = { principalId: ready.principalId, principalType: "ServicePrincipal", roleDefinitionId };
      await inB("ARM_URL", "PUT", `${simulated.registry.id}${name}?api-version=2022-04-01`, { properties });
    },
  ],
  [
    "the registry's role mode changed",
    "reuse reuse reuse create none none",
    () =>
      inB("ARM_URL", "PATCH", `${simulated.registry.id}?api-version=2025-11-01`, {
        properties: { roleAssignmentMode: "AbacRepositoryPermissions" },
      }),
  ],
])("with %s is repaired: %s", async (_what, actions, change) => {
  await change();
  expect(actionsOf((await ready.plan()).body.changes)).toBe(actions);
  expect(await ready.post()).toMatchObject({ status: 202, body: { status: "onboarding" } });
});

test("whose pull identity somebody disabled at home is not called ready: the cluster cannot sign in", async () => {
  await inA("GRAPH_URL", "PATCH", await principalAt(inA), { accountEnabled: false });
  expect(await ready.post()).toMatchObject({ status: 409, body: { code: "CP-IDENTITY-DISABLED" } });
});

test("whose service principal at home somebody deleted says that its roles there are gone", async () => {
  await inA("GRAPH_URL", "DELETE", await principalAt(inA));
  const { body } = await ready.plan();
  expect(body.checks.find(({ id }) => id === "old-application")).toMatchObject({
    verdict: "warn",
    detail: `the service principal of ${ready.appId} is gone: its roles cannot be found by it, and are not copied`,
  });
  expect(await ready.post()).toMatchObject({ status: 202 });
});
