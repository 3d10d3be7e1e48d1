import { probeConsent } from "../../src/activities/probeConsent.ts";
import type { PullToken } from "../../src/azure/clients.ts";
import { Secret } from "../../src/domain/secret.ts";

const secret = { name: "pull-key", version: "v1", keyId: "k", createdAt: "", expiresAt: "" };
const look = (answer: PullToken) =>
  probeConsent.run(
    { registryTenantId: "tenant-b", appId: "app", secret },
    { entra: { pullToken: async () => answer } as never, vault: { get: async () => new Secret("value") } as never },
  );
const token = { outcome: "issued", token: new Secret("jwt"), objectId: "sp-b" } as const;

test("a token of the registry tenant is the proof, and names the principal; a token of another tenant is none", async () => {
  expect(await look({ ...token, tenantId: "TENANT-B" })).toEqual({ outcome: "granted", principalId: "sp-b" });
  expect(await look({ ...token, tenantId: "tenant-c" })).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-CONSENT-WRONG-TENANT" },
  });
});

test.each([
  ["noPrincipal", "AADSTS700016", { outcome: "notYet" }],
  ["secretRefused", "AADSTS7000215", { outcome: "secretRefused" }],
  ["secretExpired", "AADSTS7000222", { outcome: "refused", problem: { code: "CP-SECRET-REFUSED" } }],
  ["refused", "AADSTS7000112", { outcome: "refused", problem: { code: "CP-CONSENT-BLOCKED" } }],
] as const)("%s (%s) is told apart", async (outcome, code, expected) => {
  expect(await look({ outcome, code, detail: "as Entra says" })).toMatchObject(expected);
});

test("a version that is gone from the vault is a defect, not a refusal", async () => {
  const vault = { get: async () => undefined } as never;
  const entra = { pullToken: async () => token } as never;
  await expect(probeConsent.run({ registryTenantId: "b", appId: "app", secret }, { entra, vault })).rejects.toThrow(
    "gone or disabled",
  );
});
