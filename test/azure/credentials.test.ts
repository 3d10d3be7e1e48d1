import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { connectCredentials } from "../../src/azure/credentials.ts";
import { rememberDiscovery } from "../../src/azure/discovery.ts";
import { clouds } from "../../src/azure/clouds.ts";
import { sharing } from "../../src/azure/sharing.ts";
import { simulate, type Simulated } from "./simulated.ts";

const secondInMs = 1000;

describe("our identity", () => {
  let simulated: Simulated;
  beforeAll(async () => {
    simulated = await simulate();
  });
  afterAll(() => simulated.close());

  it("asks for as few tokens as there are tenants and services, whoever asks and however often", async () => {
    const { directory, vault } = simulated.connect();
    const { tenantA, tenantB } = simulated;
    await simulated.calls();
    const unknown = "99999999-0000-4000-8000-000000000001";
    await Promise.all([
      directory.findServicePrincipal(tenantA, unknown),
      directory.findServicePrincipal(tenantA, unknown),
    ]);
    await vault.versions("none");
    await vault.versions("none");
    await directory.findServicePrincipal(tenantB, unknown).catch(() => undefined);
    const counts = await simulated.calls();
    const forTokens = Object.entries(counts).filter(([name]) => /^(entra|identity) /.test(name));
    expect(Object.fromEntries(forTokens)).toEqual({
      "identity AppService_Token": 1,
      "entra OpenIdConfiguration": 2,
      "entra Token_V2": 3,
    });
  });

  it("is the developer's at the Azure CLI when told so, in the tenant that is asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crosspull-az-"));
    const expiresOn = Math.round(Date.now() / secondInMs) + 3600;
    writeFileSync(
      join(folder, "az"),
      `#!/bin/sh\necho '{"accessToken":"'"$*"'","expires_on":${expiresOn},"tokenType":"Bearer"}'\n`,
    );
    chmodSync(join(folder, "az"), 0o755);
    const path = process.env["PATH"];
    process.env["PATH"] = `${folder}${delimiter}${path}`;
    try {
      const credential = await connectCredentials(clouds.AzurePublic, { kind: "azureCli" }).credentialFor(
        simulated.tenantB,
      );
      const token = await credential.getToken(clouds.AzurePublic.armScope);
      expect(token?.token).toContain("--resource https://management.azure.com");
      expect(token?.token).toContain(`--tenant ${simulated.tenantB}`);
    } finally {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true });
    }
  });
});

describe("callers who want the same token at the same time", () => {
  function counted(fails = false) {
    const asked: string[] = [];
    const credential = sharing({
      getToken: async (scopes, options) => {
        asked.push([scopes, options?.tenantId].join(" "));
        await new Promise((resolve) => setImmediate(resolve));
        if (fails) throw new Error("no");
        return { token: `token ${asked.length}`, expiresOnTimestamp: 0 };
      },
    });
    return { asked, credential };
  }

  it("share one request, and the next asks anew", async () => {
    const { asked, credential } = counted();
    const [one, two] = await Promise.all([credential.getToken("a"), credential.getToken("a")]);
    expect(two).toBe(one);
    await credential.getToken("a");
    expect(asked).toEqual(["a ", "a "]);
  });

  it("share a failure too, but not longer", async () => {
    const { asked, credential } = counted(true);
    const both = await Promise.allSettled([credential.getToken("a"), credential.getToken("a")]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(credential.getToken("a")).rejects.toThrow("no");
    expect(asked).toHaveLength(2);
  });

  it("forget a request that hangs, and wait for it no longer than one call may last", async () => {
    let asked = 0;
    const credential = sharing({
      getToken: async () => ((asked += 1) === 1 ? new Promise<never>(() => undefined) : null),
    });
    const limit = new AbortController();
    const spy = jest.spyOn(AbortSignal, "timeout").mockReturnValue(limit.signal);
    const both = Promise.allSettled([credential.getToken("a"), credential.getToken("a")]);
    expect(asked).toBe(1);
    limit.abort();
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    spy.mockReturnValue(new AbortController().signal);
    expect(await credential.getToken("a")).toBeNull();
    spy.mockRestore();
  });

  it("share nothing when scope, tenant or a challenge differ", async () => {
    const { asked, credential } = counted();
    await Promise.all([
      credential.getToken("a"),
      credential.getToken("b"),
      credential.getToken("a", { tenantId: "t" }),
      credential.getToken("a", { claims: "c" }),
    ]);
    expect(asked).toHaveLength(4);
  });
});

describe("a tenant's metadata", () => {
  type Request = Parameters<ReturnType<typeof rememberDiscovery>["sendRequest"]>[0];
  const request = (url: string, method = "GET"): Request => ({ url, method, requestId: url }) as Request;
  const metadata = (tenant: string): string => `https://login.example/${tenant}/v2.0/.well-known/openid-configuration`;

  function counted(status = 200) {
    let now = 0;
    let sent = 0;
    const policy = rememberDiscovery(() => now);
    const next = async (asked: Request) => ({ status: (sent += 1) && status, request: asked, headers: {} as never });
    return {
      ask: (url: string, method?: string) => policy.sendRequest(request(url, method), next),
      later: (ms: number) => void (now += ms),
      sent: () => sent,
    };
  }

  it("is asked for once a day and tenant, whatever the query, and answers each request as its own", async () => {
    const { ask, later, sent } = counted();
    await ask(metadata("a"));
    expect((await ask(`${metadata("a")}?client-request-id=2`)).request.url).toContain("client-request-id=2");
    expect(sent()).toBe(1);
    await ask(metadata("b"));
    expect(sent()).toBe(2);
    later(86_400_001);
    await ask(metadata("a"));
    expect(sent()).toBe(3);
  });

  it("is not kept when it was refused, and nothing else is kept at all", async () => {
    const refused = counted(400);
    await refused.ask(metadata("a"));
    await refused.ask(metadata("a"));
    expect(refused.sent()).toBe(2);
    const tokens = counted();
    await tokens.ask("https://login.example/a/oauth2/v2.0/token", "POST");
    await tokens.ask("https://login.example/a/oauth2/v2.0/token", "POST");
    expect(tokens.sent()).toBe(2);
  });
});
