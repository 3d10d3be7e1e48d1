import { inspect } from "node:util";
import type { PullToken } from "../../src/azure/clients.ts";
import { clouds } from "../../src/azure/clouds.ts";
import { connectAzure } from "../../src/azure/index.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { simulate, type Simulated } from "./simulated.ts";

const canary = "canary-Ab1~secret-of-entra-4711";
const unknownApp = "99999999-0000-4000-8000-000000000001";

describe("the token endpoint", () => {
  let simulated: Simulated;
  let appId: string;
  let secret: Secret;

  beforeAll(async () => {
    simulated = await simulate({ timings: { secretReplicationInSeconds: 0 } });
  });
  afterAll(() => simulated.close());
  beforeEach(async () => {
    const { azure, tenantA: tenant } = simulated;
    await simulated.control("POST", "/control/reset");
    const redirectUris = ["https://crosspull.example/api/consent"];
    const application = await azure.directory.putApplication(tenant, {
      uniqueName: "crosspull-one",
      displayName: "One",
      redirectUris,
    });
    if (application.outcome !== "put") throw new Error(application.detail);
    appId = application.appId;
    await azure.directory.putServicePrincipal(tenant, appId);
    await simulated.control("POST", "/control/next-password", { value: canary });
    const password = { displayName: "one", expiresAt: "2027-05-20T00:00:00Z" };
    const added = await azure.directory.addPassword(tenant, application.objectId, password);
    if (added.outcome !== "added") throw new Error(added.detail);
    secret = added.value;
  });

  function pullToken(tenantId = simulated.tenantB, clientId = appId, value = secret): Promise<PullToken> {
    return simulated.azure.entra.pullToken(tenantId, clientId, value);
  }
  const consent = (): Promise<unknown> =>
    simulated.control("POST", "/control/consent", { tenantId: simulated.tenantB, clientId: appId });

  it("names no principal before consent, and afterwards issues a token that carries the principal's id there", async () => {
    expect(await pullToken()).toMatchObject({ outcome: "noPrincipal", code: expect.stringMatching(/^AADSTS7000?\d+/) });
    await consent();
    const token = await pullToken();
    if (token.outcome !== "issued") throw new Error(token.detail);
    expect(token.tenantId).toBe(simulated.tenantB);
    const inTenantA = await pullToken(simulated.tenantA);
    expect(inTenantA).toMatchObject({ outcome: "issued", tenantId: simulated.tenantA });
    expect(inTenantA).not.toMatchObject({ objectId: token.objectId });
    expect(inspect(token, { depth: 9, showHidden: true }) + JSON.stringify(token)).not.toContain(token.token.reveal());
  });

  it("asks for a tenant's metadata once, and for one token each time after that", async () => {
    await consent();
    const { entra } = simulated.connect();
    await simulated.calls();
    for (let round = 0; round < 3; round += 1) await entra.pullToken(simulated.tenantB, appId, secret);
    expect(await simulated.calls()).toEqual({ "entra OpenIdConfiguration": 1, "entra Token_V2": 3 });
  });

  it("tells a wrong secret from a missing principal", async () => {
    const wrong = await pullToken(simulated.tenantA, appId, new Secret("a-wrong-but-long-enough-one"));
    expect(wrong).toMatchObject({ outcome: "secretRefused", code: "AADSTS7000215" });
    expect(await pullToken(simulated.tenantA, unknownApp)).toMatchObject({ outcome: "noPrincipal" });
  });

  it("tells without a secret whether an application is known in a tenant", async () => {
    const { entra } = simulated.azure;
    expect(await entra.knowsApplication(simulated.tenantB, appId)).toBe("missing");
    await consent();
    expect(await entra.knowsApplication(simulated.tenantB, appId)).toBe("there");
    expect(await entra.knowsApplication(simulated.tenantB, unknownApp)).toBe("missing");
    const body = { error: "invalid_client", error_description: "AADSTS7000112: disabled", error_codes: [7000112] };
    await simulated.fault({ service: "entra", operation: "Token_V2", status: 401, body });
    expect(await entra.knowsApplication(simulated.tenantB, appId)).toBe("unknown");
  });

  it("refuses a tenant that does not exist, and says so", async () => {
    const unknown = await pullToken("d0000000-0000-4000-8000-00000000000d");
    expect(unknown).toMatchObject({ outcome: "refused", code: "AADSTS90002" });
  });

  it.each<[number, PullToken["outcome"]]>([
    [7000222, "secretExpired"],
    [7000229, "noPrincipal"],
    [65001, "noPrincipal"],
    [500011, "noRegistryService"],
    [500014, "noRegistryService"],
    [50001, "noRegistryService"],
    [650052, "noRegistryService"],
    [7000112, "refused"],
    [53003, "refused"],
    [90038, "refused"],
  ])("takes AADSTS%i for %s", async (number, outcome) => {
    const error_description =
      `AADSTS${number}: Entra says no to ${canary} (${encodeURIComponent(canary)}, ${btoa(canary)}). Trace ID: 0f0f0f0f-0000-4000-8000-000000000001 ` +
      "Correlation ID: 0f0f0f0f-0000-4000-8000-000000000002 Timestamp: 2026-11-21 09:00:00Z";
    const body = { error: "invalid_client", error_description, error_codes: [number] };
    await simulated.fault({ service: "entra", operation: "Token_V2", status: 401, body });
    const refused = await pullToken(simulated.tenantA);
    expect(refused).toMatchObject({ outcome, code: `AADSTS${number}` });
    expect(JSON.stringify(refused)).not.toMatch(/0f0f0f0f|Trace ID|Timestamp|canary|Y2FuYXJ5/);
  });

  it.each([
    [
      "a busy tenant",
      { status: 400, body: { error: "temporarily_unavailable", error_description: "AADSTS90055: Busy." } },
    ],
    [
      "a failure that Entra calls passing",
      { status: 400, body: { error: "invalid_request", error_description: "AADSTS90024: Try again." } },
    ],
    ["throttling without Retry-After", { status: 429, body: { error: "slow_down" } }],
    ["no service", { status: 503, times: 9, headers: { "retry-after-ms": "1" } }],
    ["a lost connection", { cut: true, times: 9 }],
  ])("takes %s for something time cures, and does not remember it", async (_name, fault) => {
    await simulated.fault({ service: "entra", operation: "Token_V2", ...fault });
    await expect(pullToken(simulated.tenantA)).rejects.toThrow(TransientError);
    await simulated.control("DELETE", "/control/faults");
    expect(await pullToken(simulated.tenantA)).toMatchObject({ outcome: "issued" });
  });
});

describe("the consent link", () => {
  const credential = { kind: "azureCli" } as const;
  const { entra } = connectAzure({ cloud: clouds.AzureUSGovernment, credential, vaultUrl: "https://kv.example" });
  const request = {
    tenantId: "b0000000-0000-4000-8000-000000000001",
    clientId: unknownApp,
    redirectUri: "https://crosspull.example/api/consent",
    state: "a.b/c+d=",
  };
  const authority = "https://login.microsoftonline.us/b0000000-0000-4000-8000-000000000001";
  const back = "&redirect_uri=https%3A%2F%2Fcrosspull.example%2Fapi%2Fconsent&state=a.b%2Fc%2Bd%3D";

  it("leads to the v2.0 endpoint of the tenant and names scope, redirect address and state", () => {
    const scope = "https%3A%2F%2Fgraph.microsoft.us%2F.default";
    expect(entra.adminConsentUrl(request)).toBe(
      `${authority}/v2.0/adminconsent?client_id=${unknownApp}&scope=${scope}${back}`,
    );
  });

  it("has a second form, that of Microsoft's document", () => {
    expect(entra.authorizeUrl(request)).toBe(
      `${authority}/oauth2/authorize?client_id=${unknownApp}&response_type=code${back}`,
    );
  });
});
