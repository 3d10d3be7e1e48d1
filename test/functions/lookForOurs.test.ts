import type { Entra, PullToken } from "../../src/azure/clients.ts";
import type { Assignment, RegistryFacts } from "../../src/domain/facts.ts";
import { resourceRef } from "../../src/domain/ids.ts";
import { Secret } from "../../src/domain/secret.ts";
import { lookForOurs, type Remembered } from "../../src/functions/lookForOurs.ts";
import { identity, kept, worldOf } from "../activities/world.ts";
import { link as linkOf } from "./rows.ts";

const words = { code: "AADSTS1", detail: "said Entra" };
const grant: Assignment = {
  id: "/assignments/1",
  scope: "/registry",
  principalId: "sp-b",
  roleDefinitionId: "/roles/pull",
  condition: null,
  conditionVersion: null,
};
const link = linkOf({
  grant: { assignmentId: grant.id, principalId: "sp-b", role: "AcrPull", condition: null, ours: true },
});
const withSecret = { ...identity, secrets: [kept("v1", "current")] };
const registry = { ...resourceRef(link.registry), tenantId: link.registryTenantId };
const facts = { outcome: "found", roleMode: "legacy" } as RegistryFacts;
const issued: PullToken = { outcome: "issued", token: new Secret("t"), tenantId: "tenant-b", objectId: "sp-b" };

/** The looks at a world with these answers; role assignments are those of `sp-b`. */
async function look(
  given: {
    value?: object;
    token?: PullToken;
    /** In the application's own tenant. */
    home?: PullToken;
    knows?: Awaited<ReturnType<Entra["knowsApplication"]>>;
    principal?: object;
    remembered?: Partial<Remembered>;
  } = {},
) {
  const { value = { outcome: "read", value: new Secret("s") }, token = issued, knows = "there" } = given;
  const { home = issued, principal = { outcome: "found" }, remembered = {} } = given;
  const world = await worldOf(
    {},
    {
      vault: { get: async () => value as never },
      entra: {
        pullToken: async (tenantId) => (tenantId === "tenant-b" ? token : home),
        knowsApplication: async () => knows,
      },
      roles: { find: async (_tenant, { principalId }) => (principalId === "sp-b" ? [grant] : []) },
    },
  );
  return lookForOurs(
    { registryTenantId: "tenant-b" } as never,
    registry,
    facts,
    { link, identity: withSecret, ours: principal as never, ...remembered },
    world,
  );
}

test("everything that works is seen by a token and by the assignments of the principal that it names", async () => {
  expect(await look()).toEqual({ application: "there", secret: true, consent: "there", grants: [grant] });
});

test("without an identity there is nothing of ours, and nothing is asked", async () => {
  expect(await look({ remembered: { link: undefined, identity: undefined } })).toEqual({
    application: "missing",
    secret: false,
    consent: "missing",
    grants: [],
  });
});

test("with the version gone from the vault, consent and grant are still seen where they are", async () => {
  const gone = { outcome: "gone", detail: "disabled" };
  expect(await look({ value: gone })).toEqual({
    application: "there",
    secret: false,
    consent: "there",
    grants: [grant],
  });
  expect(await look({ value: gone, knows: "missing" })).toMatchObject({ consent: "missing", grants: [] });
  expect(await look({ value: gone, knows: "unknown" })).toMatchObject({ consent: "unknown", grants: [] });
});

test.each<[PullToken["outcome"], boolean, string]>([
  ["secretRefused", false, "there"],
  ["secretExpired", false, "there"],
  ["noPrincipal", true, "missing"],
  ["refused", true, "unknown"],
  ["noRegistryService", true, "unknown"],
])("a token refused as %s says this of secret (%s) and consent (%s)", async (outcome, secret, consent) => {
  const token = { outcome, ...words } as PullToken;
  expect(await look({ token })).toMatchObject({ secret, consent, grants: consent === "there" ? [grant] : [] });
});

test("a secret that the other tenant cannot judge yet is judged by the application's own", async () => {
  const token = { outcome: "noPrincipal", ...words } as const;
  const home = { outcome: "secretRefused", ...words } as const;
  expect(await look({ token, home })).toMatchObject({ secret: false, consent: "missing" });
});

test("the secret of an application that is gone is gone with it, though the vault still has it", async () => {
  for (const token of [issued, { outcome: "noPrincipal", ...words } as const])
    expect(await look({ token, principal: { outcome: "missing", ...words } })).toMatchObject({ secret: false });
});

test.each([
  ["missing", "missing"],
  ["forbidden", "unknown"],
  ["noToken", "unknown"],
])("an application that Graph answers for with %s is %s", async (outcome, application) => {
  expect(await look({ principal: { outcome, ...words } })).toMatchObject({ application });
});
