import * as jose from "jose";
import { connectCallers, type AppRole, type Callers } from "../../src/functions/callers.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { requestToken } from "../../local/stack/token.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { standIn, type Answer, type StandIn } from "../azure/standIn.ts";
import { byOwner } from "./readyLink.ts";

const tenantId = "a0000000-0000-4000-8000-000000000001";
const otherTenant = "b0000000-0000-4000-8000-000000000001";
const audience = "api://crosspull";
const kid = "one";
/** As each cloud's own metadata names them: v1, v2. */
const clouds = {
  AzurePublic: [`https://sts.windows.net/${tenantId}/`, `https://login.microsoftonline.com/${tenantId}/v2.0`],
  AzureUSGovernment: [`https://sts.windows.net/${tenantId}/`, `https://login.microsoftonline.us/${tenantId}/v2.0`],
  AzureChina: [
    `https://sts.chinacloudapi.cn/${tenantId}/`,
    `https://login.partner.microsoftonline.cn/${tenantId}/v2.0`,
  ],
} as const;
const [v1 = "", v2 = ""] = clouds.AzureChina;

describe("callers", () => {
  let authority: StandIn;
  let keys: jose.GenerateKeyPairResult;
  let keySet: object;
  beforeAll(async () => {
    authority = await standIn();
    keys = await jose.generateKeyPair("RS256");
    keySet = { keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid, alg: "RS256" }] };
  });
  afterAll(() => authority.close());

  type Changed = { readonly keys?: Answer; readonly metadata?: Answer };
  function answering([first, second]: readonly [string, string] = clouds.AzureChina, changed: Changed = {}): void {
    authority.answer(({ path }) => {
      if (path === `/${tenantId}/discovery/v2.0/keys`) return changed.keys ?? { status: 200, body: keySet };
      const issuer = path.includes("/v2.0/") ? second : first;
      return changed.metadata ?? { status: 200, body: { issuer } };
    });
  }
  const connected = (): Promise<Callers> => connectCallers({ authorityUrl: `${authority.url}/`, tenantId, audience });
  function token(claims: object = {}, issuer = v2, lifeInSeconds: number | null = 600): Promise<string> {
    const jwt = new jose.SignJWT({ tid: tenantId, roles: ["Crosspull.Operator"], ...claims })
      .setProtectedHeader({ alg: "RS256", kid })
      .setIssuer(issuer)
      .setAudience(audience);
    const ends = Math.round(Date.now() / 1000) + (lifeInSeconds ?? 0);
    return (lifeInSeconds === null ? jwt : jwt.setExpirationTime(ends)).sign(keys.privateKey);
  }
  async function come(bearer: string, role: AppRole = "Crosspull.Reader"): Promise<void> {
    await (await connected()).require(role, `Bearer ${bearer}`);
  }

  it.each(Object.entries(clouds))("of %s come with tokens of either version", async (_name, issuers) => {
    answering(issuers);
    for (const issuer of issuers) await expect(come(await token({}, issuer))).resolves.toBeUndefined();
    await expect(come(await token({}, `https://evil.example/${tenantId}/`))).rejects.toThrow(
      "ERR_JWT_CLAIM_VALIDATION_FAILED (iss)",
    );
  });

  it("are known by metadata that is read once, not for each", async () => {
    answering();
    const callers = await connected();
    for (let call = 0; call < 3; call += 1) await callers.require("Crosspull.Reader", `Bearer ${await token()}`);
    expect(authority.asked.filter(({ path }) => path.includes("well-known"))).toHaveLength(2);
  });

  it.each([
    ["keys", 500],
    ["keys", 429],
    ["metadata", 503],
    ["metadata", 404],
  ] as const)("are not to blame when the tenant's %s answer %i", async (part, status) => {
    answering(clouds.AzureChina, { [part]: { status, body: {} } });
    await expect(come(await token())).rejects.toThrow(TransientError);
  });

  it("are not to blame for keys that are none, and are let in once the metadata can be read", async () => {
    answering(clouds.AzureChina, { keys: { status: 200, body: "<html>" } });
    await expect(come(await token())).rejects.toThrow(TransientError);
    answering(clouds.AzureChina, { metadata: { status: 503 } });
    const callers = await connected();
    const bearer = `Bearer ${await token()}`;
    await expect(callers.require("Crosspull.Reader", bearer)).rejects.toThrow(TransientError);
    answering();
    await expect(callers.require("Crosspull.Reader", bearer)).resolves.toBeUndefined();
  });

  it("come with a token that ends, and has not ended but for what two clocks differ", async () => {
    answering();
    await expect(come(await token({}, v1, null))).rejects.toThrow("ERR_JWT_CLAIM_VALIDATION_FAILED (exp)");
    await expect(come(await token({}, v1, -30))).resolves.toBeUndefined();
    await expect(come(await token({}, v1, -90))).rejects.toThrow("ERR_JWT_EXPIRED");
  });

  it("come from the tenant whose tokens are accepted, by each of its names for it", async () => {
    answering();
    await expect(come(await token({ tid: otherTenant }))).rejects.toThrow("another tenant");
    await expect(come(await token({ tid: undefined }))).rejects.toThrow("another tenant");
    await expect(come(await token({ tid: tenantId.toUpperCase() }))).resolves.toBeUndefined();
  });

  it("need the role", async () => {
    answering();
    const reader = await token({ roles: ["Crosspull.Reader", 7] });
    await expect(come(reader)).resolves.toBeUndefined();
    await expect(come(reader, "Crosspull.Operator")).rejects.toThrow("needs the app role Crosspull.Operator");
    await expect(come(await token({ roles: "Crosspull.Operator" }))).rejects.toThrow("needs the app role");
  });

  it.each([
    [null, "no bearer token"],
    ["", "no bearer token"],
    ["Basic eA==", "no bearer token"],
    ["Bearer xyz", "malformed"],
    ["Bearer a.b", "malformed"],
    ["Bearer a.b.c", "refused"],
  ])("with %j are told what is wrong", async (header, words) => {
    answering();
    await expect((await connected()).require("Crosspull.Reader", header)).rejects.toThrow(words);
  });
});

describe("callers of a whole cloud", () => {
  let simulated: Simulated;
  beforeAll(async () => {
    simulated = await simulate();
  });
  afterAll(() => simulated.close());

  it("come with tokens of the version that the API's application asks for", async () => {
    const { env, tenantA } = simulated;
    const known = (name: string): string => env[name] ?? "";
    const settings = { authorityUrl: known("ENTRA_URL"), tenantId: tenantA, audience: known("API_AUDIENCE") };
    const come = async (version: number): Promise<string> => {
      const application = `/v1.0/applications(appId='${known("API_CLIENT_ID")}')`;
      const change = { api: { requestedAccessTokenVersion: version } };
      await byOwner(simulated, tenantA, "GRAPH_URL", "PATCH", application, change);
      const token = await requestToken("operator", env);
      await (await connectCallers(settings)).require("Crosspull.Operator", `Bearer ${token}`);
      return jose.decodeJwt(token).iss ?? "";
    };
    expect(await come(1)).toBe(`https://sts.windows.net/${tenantA}/`);
    expect(await come(2)).toBe(`${settings.authorityUrl}/${tenantA}/v2.0`);
  });
});
