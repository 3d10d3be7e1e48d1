import {
  isForgotten,
  isUnfinished,
  leftOf,
  type Ending,
  type IdentityEnd,
  type Removal,
} from "../../src/domain/removal.ts";

const cluster =
  "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
const removed: IdentityEnd = { outcome: "removed", vault: { outcome: "purged" } };
const ending: Ending = {
  linkId: "1f",
  cluster,
  registryTenantId: "tenant-b",
  appId: "app",
  grant: { assignmentId: "/a", ours: true },
  identity: removed,
  isTenantShared: false,
};
const removal = (identity: IdentityEnd): Removal => ({
  provedAt: "2026-01-01T00:00:00.000Z",
  from: "crosspull",
  appId: "app",
  grant: null,
  pull: null,
  tokensUntil: null,
  identity,
  left: [],
});

test("a removed link is shown for thirty days", () => {
  const link = { removal: removal(removed) };
  expect(isForgotten(link, new Date("2026-01-30T23:59:59Z"))).toBe(false);
  expect(isForgotten(link, new Date("2026-01-31T00:00:00Z"))).toBe(true);
  expect(isForgotten({ removal: null }, new Date("2030-01-01"))).toBe(false);
});

test("what the cluster or an operation needs may be removed when it is asked again, what another link needs goes with that", () => {
  const kept = (by: Extract<IdentityEnd, { outcome: "kept" }>["by"]) => removal({ outcome: "kept", by, detail: "x" });
  expect([kept("cluster"), kept("operation"), kept("link"), removal(removed)].map(isUnfinished)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("others are told what they have to do, with the command", () => {
  const commands = (part: Partial<typeof ending>) => leftOf({ ...ending, ...part }).map(({ command }) => command);
  const principal = "az login --allow-no-subscriptions --tenant tenant-b && az ad sp delete --id app";
  expect(commands({})).toEqual([principal]);
  expect(commands({ isTenantShared: true })).toEqual([]);
  expect(commands({ appId: null })).toEqual([]);
  expect(commands({ grant: { assignmentId: "/a", ours: false } })).toEqual([
    "az role assignment delete --ids /a",
    principal,
  ]);
  expect(commands({ identity: { outcome: "kept", by: "cluster", detail: "x" } })).toEqual([
    principal,
    "az aks update-credentials --subscription 11111111-1111-4111-8111-111111111111 -g rg -n aks --reset-service-principal --service-principal OTHER_APP_ID --client-secret SECRET",
    "DELETE /api/links/1f",
  ]);
  expect(commands({ identity: { outcome: "kept", by: "operation", detail: "x" } })).toEqual([
    principal,
    "DELETE /api/links/1f",
  ]);
  const left = leftOf({
    ...ending,
    grant: { assignmentId: "/a", ours: false },
    identity: { outcome: "kept", by: "cluster", detail: "x" },
  });
  expect(left.map(({ who, what }) => `${who}: ${what}`)).toEqual([
    "who manages roles in tenant tenant-b: remove the role assignment that was there before Crosspull, if nothing else needs it",
    "an administrator of tenant tenant-b: delete the service principal of the pull identity there, which ends the consent",
    expect.stringMatching(/^who runs the cluster: give it another credential, which re-images its nodes/),
    "whoever asked for the removal: ask again then: the pull identity is removed",
  ]);
  expect(commands({ grant: null })).toEqual([principal]);
  expect(commands({ identity: { outcome: "kept", by: "password", detail: "x" } })).toEqual([
    principal,
    expect.stringMatching(/^az ad app credential delete --id \S+ --key-id KEY_ID$/),
    expect.stringMatching(/^DELETE \/api\/links\//),
  ]);
  expect(commands({ identity: { outcome: "kept", by: "link", detail: "x" } })).toEqual([principal]);
});
