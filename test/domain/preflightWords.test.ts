import type { Denial } from "../../src/domain/facts.ts";
import { pullRoles } from "../../src/domain/roles.ts";
import type { Facts } from "../../src/domain/rules/rule.ts";
import { intend } from "../../src/domain/pullIdentityChanges.ts";
import {
  ask,
  checkOf,
  cluster,
  denied,
  facts,
  fresh,
  healthy,
  lock,
  ofCluster,
  ofRegistry,
  oldWith,
  policy,
  pool,
  principal,
  role,
  roles,
  tenantA,
  unknown,
  unreadable,
  withSecret,
  copyRight,
  freely,
  notAtAll,
} from "./preflightFacts.ts";

const succeeded = { ...pool, provisioningState: "Succeeded", nodes: 3 };
const old = (part: Partial<NonNullable<Facts["old"]>>): Partial<Facts> => ({ old: { ...oldWith([]), ...part } });
const onlyFor = (roleId: string): string =>
  `@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roleId}}`;
const denial = (id: string, part: Partial<Denial> = {}): Denial => ({
  id,
  scope: "/hub",
  onlyHere: false,
  isCertain: true,
  ...part,
});
const networkRefused: Facts["content"] = { outcome: "networkRefused", detail: "client with IP 1.2.3.4" };
const allows = "the app management policy of tenant";

/** Every check says what was seen of what, so that a person can act without looking again. */
test.each<[string, string, Facts]>([
  ["cluster-exists", "/cluster", healthy],
  ["cluster-exists", `/cluster in tenant ${tenantA}: Code: words`, facts({ cluster: unreadable("missing") })],
  [
    "cluster-service-principal",
    "/cluster uses a managed identity, and that cannot be changed back",
    ofCluster({ clientId: "msi" }),
  ],
  ["cluster-running", "Azure does not say whether /cluster runs", ofCluster({ powerState: null })],
  ["cluster-running", "/cluster is Stopped", ofCluster({ powerState: "Stopped" })],
  ["cluster-settled", "Azure does not say in which state /cluster is", ofCluster({ provisioningState: null })],
  ["cluster-settled", "/cluster is Upgrading", ofCluster({ provisioningState: "Upgrading" })],
  [
    "cluster-settled",
    "/cluster is Canceled: if its service principal has expired, the new credential is the cure; any other cause should be cured first",
    ofCluster({ provisioningState: "Canceled" }),
  ],
  [
    "node-pools",
    "/cluster: node pool a is Failed, node pool b is Updating",
    facts({
      identity: intend(withSecret, "v1"),
      cluster: {
        ...cluster,
        pools: [
          { ...succeeded, name: "a", provisioningState: "Failed" },
          { ...succeeded, name: "b", provisioningState: "Updating" },
        ],
      },
    }),
  ],
  [
    "node-pools",
    "/cluster: node pool a is Failed; our last update is run again",
    facts({
      identity: intend(withSecret, "v1"),
      cluster: { ...cluster, pools: [{ ...succeeded, name: "a", provisioningState: "Failed" }] },
    }),
  ],
  [
    "node-pools",
    "node pool a, b is stopped: its nodes get the credential when it is started",
    ofCluster({ pools: ["a", "b"].map((name) => ({ ...succeeded, name, powerState: "Stopped" })) }),
  ],
  [
    "node-pools",
    "a: 3 nodes, b: a number of nodes that Azure does not tell",
    ofCluster({
      pools: [
        { ...succeeded, name: "a" },
        { ...succeeded, name: "b", nodes: null },
      ],
    }),
  ],
  [
    "surge-room",
    "each node pool (system) needs cores for its surge nodes, and addresses in the subnet of AKS' own network: our rights show neither",
    healthy,
  ],
  [
    "surge-room",
    "each node pool (a, b) needs cores for its surge nodes, and addresses in /one, /two: our rights show neither",
    ofCluster({ subnetIds: ["/one", "/two"], pools: ["a", "b"].map((name) => ({ ...succeeded, name })) }),
  ],
  ["node-pools", "Azure names no node pool of /cluster", ofCluster({ pools: [] })],
  ["node-pools", "a: 1 node", ofCluster({ pools: [{ ...succeeded, name: "a", nodes: 1 }] })],
  [
    "surge-room",
    "each node pool (unknown) needs cores for its surge nodes, and addresses in the subnet of AKS' own network: our rights show neither",
    ofCluster({ pools: [] }),
  ],
  [
    "cluster-right",
    "Microsoft.ContainerService/managedClusters/read, Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action",
    healthy,
  ],
  [
    "cluster-right",
    "our identity lacks Microsoft.ContainerService/managedClusters/read and Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action on /cluster",
    facts({ clusterPermissions: { outcome: "known", value: [] } }),
  ],
  ["grant-right", "may assign AcrPull", healthy],
  [
    "grant-right",
    "our identity may not assign AcrPull on /registry: no role of it lets it",
    facts({ grantConditions: notAtAll }),
  ],
  ["grant-right", "our rights do not show it", facts({ grantConditions: unknown })],
  ["cluster-right", "our rights do not show it", facts({ clusterPermissions: unknown })],
  [
    "grant-right",
    `our identity may not assign AcrPull on /registry: the condition of its right does not let the role ${pullRoles.legacy.id} through`,
    facts({ grantConditions: { outcome: "known", value: [onlyFor(pullRoles.abac.id)] } }),
  ],
  [
    "copy-right",
    "our identity may not copy /1 to /hub: the condition of its right does not let the role network through",
    facts({ old: oldWith([copyRight("/hub", ["/1"], { outcome: "known", value: [onlyFor(pullRoles.legacy.id)] })]) }),
  ],
  [
    "copy-right",
    "/1 to /hub: whether the condition of its right lets this role through cannot be told",
    facts({ old: oldWith([copyRight("/hub", ["/1"], { outcome: "known", value: ["Exists @Request[x]"] })]) }),
  ],
  [
    "copy-right",
    "/hub",
    facts({
      old: oldWith([copyRight("/hub", ["/1"], { outcome: "known", value: [onlyFor("other"), onlyFor("network")] })]),
    }),
  ],
  [
    "copy-right",
    "our identity may not copy /1 to /hub: the deny assignment /deny/2 forbids it",
    facts({
      old: oldWith([
        copyRight("/hub", ["/1"], freely, {
          outcome: "known",
          value: [denial("/deny/1", { isCertain: false }), denial("/deny/2")],
        }),
      ]),
    }),
  ],
  [
    "copy-right",
    "/1 to /hub: whether the deny assignment /deny/1 is against it cannot be seen",
    facts({
      old: oldWith([
        copyRight("/hub", ["/1"], freely, { outcome: "known", value: [denial("/deny/1", { isCertain: false })] }),
      ]),
    }),
  ],
  [
    "copy-right",
    "/1 to /hub: deny assignments cannot be seen: our rights do not show it",
    facts({ old: oldWith([copyRight("/hub", ["/1"], freely, unknown)]) }),
  ],
  ["cluster-lock", "no lock", healthy],
  [
    "cluster-lock",
    "the ReadOnly lock /locks/1 on /cluster refuses the update",
    facts({ clusterLocks: lock("ReadOnly") }),
  ],
  [
    "registry-lock",
    "the ReadOnly lock /locks/1 on /registry refuses the role assignment",
    facts({ registryLocks: lock("ReadOnly") }),
  ],
  [
    "registry-lock",
    "/locks/1, /locks/2: nothing made there can be taken back while it is locked",
    facts({
      registryLocks: { outcome: "known", value: ["/locks/1", "/locks/2"].map((id) => ({ id, level: "CanNotDelete" })) },
    }),
  ],
  [
    "graph-permission",
    "Application.ReadWrite.All, Application.ReadWrite.OwnedBy",
    facts({
      graphPermissions: {
        outcome: "known",
        value: ["User.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"],
      },
    }),
  ],
  [
    "graph-permission",
    `our token for Microsoft Graph in tenant ${tenantA} has no Application.ReadWrite.OwnedBy`,
    facts({
      graphPermissions: { outcome: "known", value: ["Application.ReadWrite.AllOthers", "X.Application.ReadWrite.All"] },
    }),
  ],
  ["graph-permission", `tenant ${tenantA}: Code: words`, facts({ graphPermissions: unreadable("noToken") })],
  ["directory-quota", "12 of 250 objects made", healthy],
  ["credential-policy", "passwords and multitenant applications are allowed", healthy],
  ["credential-policy", `${allows} ${tenantA} forbids passwords`, facts(policy({ forbidsPasswords: true }))],
  [
    "credential-policy",
    `${allows} ${tenantA} forbids multitenant applications`,
    facts(policy({ forbidsMultitenant: true })),
  ],
  [
    "credential-policy",
    `${allows} ${tenantA} allows secrets of 90 days: they live so long instead of 180`,
    facts(policy({ longestLifetimeInDays: 90 })),
  ],
  ["vault-access", "the vault answers us", healthy],
  ["vault-access", "Code: words", facts({ vault: denied("forbidden") })],
  ["registry-exists", "/registry in tenant tenant-b: Code: words", facts({ registry: unreadable("forbidden") })],
  [
    "pull-role",
    "AcrPull opens every repository: this registry's role mode cannot limit it to team/app, team/job",
    ask({ repositories: ["team/app", "team/job"] }),
  ],
  ["registry-network-here", "the registry answers us", healthy],
  [
    "registry-network-here",
    "client with IP 1.2.3.4: the pull is proved by token only, not from where Crosspull runs",
    facts({ content: networkRefused }),
  ],
  ["registry-network-nodes", "open to all networks", healthy],
  [
    "registry-network-nodes",
    "Azure does not say whether /registry is open to all networks",
    ofRegistry({ publicNetworkAccess: null }),
  ],
  [
    "registry-network-nodes",
    "public access Enabled, default action Deny, allowed: 1.2.3.0/24, 4.5.6.7, 2 private endpoints: the nodes have to reach the registry and its data endpoints",
    ofRegistry({
      defaultNetworkAction: "Deny",
      allowedAddresses: ["1.2.3.0/24", "4.5.6.7"],
      privateEndpoints: 2,
      dataEndpoints: true,
    }),
  ],
  [
    "registry-network-nodes",
    "public access Disabled, default action Allow, allowed: no address, 0 private endpoints: the nodes have to reach the registry and the blob host that serves its layers",
    ofRegistry({ publicNetworkAccess: "Disabled" }),
  ],
  [
    "registry-service",
    "tenant tenant-b: AADSTS500011",
    facts({ content: { outcome: "noRegistryService", detail: "AADSTS500011" } }),
  ],
  [
    "image",
    "image: other.azurecr.io is not the login server of /registry, fabrikam.azurecr.io",
    ask({ image: "other.azurecr.io/team/app:v1" }),
  ],
  ["image", "team/app:v1, team/job", ask({ image: "team/app:v1", repositories: ["team/job"] })],
  ["image", "docker.io/library/nginx:1", ask({ image: "docker.io/library/nginx:1" })],
  ["image", "team/job", ask({ repositories: ["team/job"] })],
  [
    "image",
    "team/app:v1, team/job: our rights do not show it",
    ask({ image: "team/app:v1", repositories: ["team/job"] }, { content: unknown }),
  ],
  [
    "image",
    "team/app:v1 is not in /registry: words; team/job is not in /registry: others",
    ask(
      { image: "team/app:v1", repositories: ["team/job"] },
      {
        content: {
          outcome: "seen",
          lacking: [
            { name: "team/app:v1", detail: "words" },
            { name: "team/job", detail: "others" },
          ],
        },
      },
    ),
  ],
  [
    "image",
    "team/app:v1 in /registry: it is locked",
    ask({ image: "team/app:v1" }, { content: { outcome: "notGivenOut", name: "team/app:v1", detail: "it is locked" } }),
  ],
  [
    "image",
    "image: nodes would look for docker.io/library/nginx:1 in another registry, and whether this one has such a repository cannot be seen; if it has, write it as fabrikam.azurecr.io/docker.io/library/nginx:1",
    ask({ image: "docker.io/library/nginx:1" }, { content: unknown }),
  ],
  [
    "old-application",
    "acceptOldApplication: the cluster uses old-app, not some-app",
    ask({ acceptOldApplication: "Some-App" }),
  ],
  ["old-application", "old-app is of this tenant alone", healthy],
  [
    "old-application",
    "the service principal of old-app is gone: its roles cannot be found by it, and are not copied",
    facts(old({ principal: unreadable("missing") })),
  ],
  ["old-application", "old-app: Code: words", facts(old({ principal: unreadable("forbidden") }))],
  [
    "old-application",
    "old-app is multitenant (AzureADMultipleOrgs): the cluster may pull from a third company with it",
    facts(old({ principal: { ...principal, audience: "AzureADMultipleOrgs" } })),
  ],
  [
    "old-application",
    "old-app is multitenant (AzureADMultipleOrgs): the cluster may pull from a third company with it; accepted",
    ask({ acceptOldApplication: "old-app" }, old({ principal: { ...principal, audience: "AzureADMultipleOrgs" } })),
  ],
  [
    "old-application",
    "Microsoft Graph does not say whether old-app is of this tenant alone",
    facts(old({ principal: { ...principal, audience: null } })),
  ],
  [
    "roles",
    "acceptLost: /x, /y is none of the assignments of the old service principal",
    ask({ acceptLost: ["/x", "/y"] }),
  ],
  [
    "roles",
    "/a would be lost: not known; /b would be lost: not known",
    facts(
      old({
        roles: roles(
          ...["/a", "/b"].map((assignmentId) =>
            role({ assignmentId, copied: false, stops: true, reason: "not known" }),
          ),
        ),
      }),
    ),
  ],
  ["roles", "1 of 2 role assignments are copied", facts(old({ roles: roles(role(), role({ copied: false })) }))],
  ["roles", "1 of 1 role assignments are copied; one group", facts(old({ incomplete: "one group" }))],
  [
    "copy-right",
    "our identity may not copy /1 to /hub: no role of it lets it; /2 to /hub: no role of it lets it; /3 to /spoke: no role of it lets it",
    facts({
      old: oldWith([
        copyRight("/hub", ["/1", "/2"], notAtAll),
        copyRight("/spoke", ["/3"], notAtAll),
        copyRight("/own", ["/4"], freely),
      ]),
    }),
  ],
  [
    "copy-right",
    "our identity may not copy /2 to /hub: no role of it lets it",
    ask(
      { acceptLost: ["/scope/roleAssignments/1"] },
      {
        old: oldWith([copyRight("/hub", ["/scope/roleAssignments/1", "/2"], notAtAll)]),
      },
    ),
  ],
  [
    "copy-right",
    "/1 to /hub: our rights do not show it; /2 to /spoke: our rights do not show it",
    facts({
      old: oldWith([
        copyRight("/hub", ["/1"], unknown),
        copyRight("/spoke", ["/2"], unknown),
        copyRight("/own", ["/3"], freely),
      ]),
    }),
  ],
  [
    "copy-right",
    "/hub, /own",
    facts({
      old: oldWith(["/hub", "/own"].map((scope) => copyRight(scope, ["/1"], freely))),
    }),
  ],
])("%s says: %s", (id, detail, given) => {
  expect(checkOf(given, id)?.detail).toBe(detail);
});

test("a pool that failed before anything of ours ran stops the onboarding, whatever is on the row", () => {
  const pools = [{ ...succeeded, name: "a", provisioningState: "Failed" }];
  for (const identity of [undefined, fresh])
    expect(checkOf(facts({ identity, cluster: { ...cluster, pools } }), "node-pools")?.verdict).toBe("fail");
});

test.each<[string, Facts, readonly string[]]>([
  [
    "the cluster",
    facts({ cluster: unreadable("missing"), old: null }),
    ["cluster-right", "cluster-lock", "cluster-running", "node-pools", "old-application", "roles", "copy-right"],
  ],
  [
    "the registry",
    facts({ registry: unreadable("missing") }),
    ["grant-right", "registry-lock", "pull-role", "registry-network-here", "registry-network-nodes"],
  ],
  ["the principal that the cluster leaves", facts(old({ principal: unreadable("missing") })), ["roles"]],
  ["any name of an image or repository in the request", healthy, ["image", "registry-service", "copy-right"]],
])("without %s there is nothing to judge of it", (_what, given, ids) => {
  for (const id of ids) expect(checkOf(given, id)).toBeUndefined();
});

test.each<[string, string, Facts]>([
  ["graph-permission", "CP-DIRECTORY-FORBIDDEN", facts({ graphPermissions: unreadable("forbidden") })],
  ["image", "CP-BAD-REQUEST", ask({ image: "docker.io/library/nginx:1" }, { content: unknown })],
  [
    "image",
    "CP-PULL-REFUSED",
    ask({ image: "team/app:v1" }, { content: { outcome: "notGivenOut", name: "team/app:v1", detail: "it is locked" } }),
  ],
])("%s fails with %s", (id, code, given) => {
  expect(checkOf(given, id)?.code).toBe(code);
});
