import { cloudWithPuller, puller } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, credential, follow, reset, shown } from "./switches.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller();
});
afterEach(async () => {
  await turn(cloud, { credentialValidation: false, retriedUpdates: false });
  await cloud.control("POST", "/control/reset");
});
afterAll(() => cloud.close());

interface Made {
  readonly clientId: string;
  readonly secret: string;
}

/** An application with a service principal and a password, made now. */
async function principal(number: number): Promise<Made> {
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://graph.microsoft.com/.default");
  const post = async <Body>(path: string, body: object): Promise<Body> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const url = `${cloud.env1("GRAPH_URL")}/v1.0${path}`;
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  };
  const app = await post<{ id: string; appId: string }>("/applications", { displayName: `young ${number}` });
  await post("/servicePrincipals", { appId: app.appId });
  const { secretText } = await post<{ secretText: string }>(`/applications/${app.id}/addPassword`, {});
  return { clientId: app.appId, secret: secretText };
}

/** How an update with it comes out. */
async function outcome(given: Made): Promise<string> {
  const update = await reset(cloud, "aks-staging", given);
  if (update.status !== 202) return `${update.status} ${update.body.error.code}`;
  const { body } = await follow(cloud, update, "azure-asyncoperation");
  return body.status === "Succeeded" ? "ok" : `end ${body.error.code}`;
}

test("a young principal may be unknown to AKS, at once or at the end of an accepted update, for ten minutes at most", async () => {
  await turn(cloud, { credentialValidation: true });
  const outcomes = new Map<string, number>();
  const made: Made[] = [];
  for (let number = 0; number < 30; number++) {
    made.push(await principal(number));
    const found = await outcome(made.at(-1) ?? credential);
    outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
  }
  expect([...outcomes.keys()].sort()).toEqual([
    "400 ServicePrincipalNotFound",
    "400 ServicePrincipalValidationClientError",
    "end ServicePrincipalValidationClientError",
    "ok",
  ]);
  expect(await struck(cloud, "credentialValidation")).toBe(30 - (outcomes.get("ok") ?? 0));
  await advance(cloud, 600);
  for (const one of made) expect(await outcome(one)).toBe("ok");
}, 60_000);

test("an accepted update that ends with it touches no node, and AKS goes on with it when it knows the principal", async () => {
  await turn(cloud, { credentialValidation: true, retriedUpdates: true });
  for (let number = 100; number < 200; number++) {
    const given = await principal(number);
    if (!(await outcome(given)).startsWith("end ")) continue;
    const before = await shown(cloud);
    expect(before.provisioningState).toBe("Failed");
    expect(before.nodes.map(({ clientId }) => clientId)).not.toContain(given.clientId);
    await advance(cloud, 3 * 3600);
    const { provisioningState, nodes } = await shown(cloud);
    expect([provisioningState, ...nodes.map(({ clientId }) => clientId)]).toEqual([
      "Succeeded",
      ...nodes.map(() => given.clientId),
    ]);
    return;
  }
  throw new Error("no update ended so");
}, 60_000);

test("an old principal is known from the beginning on", async () => {
  await turn(cloud, { credentialValidation: true });
  for (const name of ["aks-prod", "aks-staging"]) expect((await reset(cloud, name)).status).toBe(202);
  expect(await struck(cloud, "credentialValidation")).toBe(0);
});

test("a wrong secret is refused with either code, and Entra's number in both", async () => {
  const codes = async (): Promise<Set<string>> => {
    const found = new Set<string>();
    for (let tries = 0; tries < 12; tries++) {
      const { status, body } = await reset(cloud, "aks-staging", { ...credential, secret: "a-wrong-secret-it-is" });
      expect([status, body.error.message]).toEqual([400, expect.stringContaining("AADSTS7000215")]);
      found.add(body.error.code);
    }
    return found;
  };
  expect(await codes()).toEqual(new Set(["BadRequest"]));
  await turn(cloud, { credentialValidation: true });
  expect(await codes()).toEqual(new Set(["BadRequest", "ServicePrincipalValidationClientError"]));
});

test("without the switch a principal made a moment ago is taken", async () => {
  for (let number = 300; number < 306; number++) expect(await outcome(await principal(number))).toBe("ok");
});

test.each(['with"quote', "with'quote", "with blank", "with\ttab"])(
  "the secret %j is refused for its characters before anybody signs in with it",
  async (secret) => {
    const { status, body } = await reset(cloud, "aks-staging", { clientId: puller.appId, secret });
    expect([status, body.error.code, body.error.target]).toEqual([400, "BadRequest", "servicePrincipalProfile.secret"]);
    expect(body.error.message).toMatch(/invalid characters/);
    expect(body.error.message).not.toContain(secret);
  },
);
