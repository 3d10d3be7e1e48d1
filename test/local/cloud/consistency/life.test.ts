import { arm, roles } from "../arm/people.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, automation, later, signIn, type GraphAnswer, type GraphCall } from "../graph/callers.ts";
import { struck, turn } from "../life/turning.ts";

/** A cloud where one switch is on: what a test sees is its effect alone. */
let cloud: TestCloud;
let owner: GraphCall;
let other: GraphCall;
beforeEach(async () => {
  cloud = await testCloud({ consistency: { seed: 7, replicas: 10 } });
  owner = await automation(cloud);
  other = await administrator(cloud);
});
afterEach(() => cloud.close());

const on = (name: string): Promise<void> => turn(cloud, { [name]: true });

/** What twenty questions one after another were answered. */
async function seen<Answer>(ask: () => Promise<Answer>): Promise<ReadonlySet<Answer>> {
  const answers = new Set<Answer>();
  for (let asked = 0; asked < 20; asked += 1) answers.add(await ask());
  return answers;
}

const put = (name: string): Promise<GraphAnswer> =>
  owner(
    "PATCH",
    `/applications(uniqueName='${name}')`,
    { displayName: name, signInAudience: "AzureADMultipleOrgs" },
    { prefer: "create-if-missing" },
  );

interface Made {
  readonly id: string;
  readonly appId: string;
}

async function made(): Promise<Made> {
  return (await owner("POST", "/applications", { displayName: "young", signInAudience: "AzureADMultipleOrgs" })).body;
}

describe("newObjectsLag", () => {
  test("hides a new application from everybody but its maker, who reads, changes and deletes it by its object id", async () => {
    await on("newObjectsLag");
    const { id } = await made();
    const status = (call: GraphCall) => async () => (await call("GET", `/applications/${id}`)).status;
    expect(await status(other)()).toBe(404);
    expect(await seen(status(owner))).toEqual(new Set([200]));
    expect((await owner("PATCH", `/applications/${id}`, { tags: ["mine"] })).status).toBe(204);
    expect((await owner("POST", `/applications/${id}/addPassword`, {})).status).toBe(200);
    await later(cloud, 60);
    other = await administrator(cloud);
    expect(await seen(status(other))).toEqual(new Set([200]));
    expect(await struck(cloud, "newObjectsLag")).toBe(1);
    expect((await owner("DELETE", `/applications/${id}`)).status).toBe(204);
  });

  test("lets its maker find it by appId a second later, as published commands do", async () => {
    await on("newObjectsLag");
    const { appId } = await made();
    const found = async (): Promise<number> =>
      (await owner("GET", `/applications?$filter=appId eq '${appId}'`)).body.value.length;
    const delays = { ownLookUp: { medianInSeconds: 60, p95InSeconds: 61 } };
    await cloud.control("PUT", "/control/consistency", { delays });
    expect(await found()).toBe(0);
    await cloud.control("PUT", "/control/consistency", {
      delays: { ownLookUp: { medianInSeconds: 0.2, p95InSeconds: 0.25 } },
    });
    await later(cloud, 1);
    expect(await seen(found)).toEqual(new Set([1]));
  });

  test("off, nobody waits", async () => {
    const { id } = await made();
    expect((await other("GET", `/applications/${id}`)).status).toBe(200);
    expect(await struck(cloud, "newObjectsLag")).toBe(0);
  });
});

describe("lookUpsLag", () => {
  test("lets an upsert that is repeated at once run into the application it just made", async () => {
    await on("lookUpsLag");
    expect((await put("twice")).status).toBe(201);
    expect(await put("twice")).toMatchObject({ status: 400, body: { error: { code: "Request_BadRequest" } } });
    await later(cloud, 120);
    owner = await automation(cloud);
    expect(await seen(async () => (await put("twice")).status)).toEqual(new Set([204]));
  });

  test("shows passwords and changed properties late, a change to who made it by object id at once", async () => {
    const { id, appId } = await made();
    await later(cloud, 1);
    await on("lookUpsLag");
    await owner("POST", `/applications/${id}/addPassword`, {});
    await owner("PATCH", `/applications/${id}`, { displayName: "new name" });
    const read = async (path: string): Promise<GraphAnswer["body"]> => (await owner("GET", path)).body;
    const listed = async (): Promise<number> => (await read(`/applications/${id}`)).passwordCredentials.length;
    expect(await seen(listed)).toEqual(new Set([0]));
    expect(await seen(async () => (await read(`/applications/${id}`)).displayName as string)).toEqual(
      new Set(["new name"]),
    );
    const byAppId = async (): Promise<string> => (await read(`/applications(appId='${appId}')`)).displayName;
    expect(await seen(byAppId)).toEqual(new Set(["young"]));
    await later(cloud, 240);
    owner = await automation(cloud);
    expect(await seen(byAppId)).toEqual(new Set(["new name"]));
    expect(await seen(listed)).toEqual(new Set([1]));
    expect(await struck(cloud, "lookUpsLag")).toBeGreaterThan(30);
  });

  test("off, everything is seen at once", async () => {
    await put("once");
    expect((await put("once")).status).toBe(204);
    expect(await struck(cloud, "lookUpsLag")).toBe(0);
  });
});

test("ownershipLags refuses addPassword to the owner of a new application, for a minute at most", async () => {
  const { id: before } = await made();
  expect((await owner("POST", `/applications/${before}/addPassword`, {})).status).toBe(200);
  expect(await struck(cloud, "ownershipLags")).toBe(0);
  await on("ownershipLags");
  const { id } = await made();
  const add = (): Promise<GraphAnswer> => owner("POST", `/applications/${id}/addPassword`, {});
  expect(await add()).toMatchObject({ status: 403, body: { error: { code: "Authorization_RequestDenied" } } });
  expect((await owner("PATCH", `/applications/${id}`, { tags: ["mine"] })).status).toBe(204);
  await later(cloud, 60);
  expect(await seen(async () => (await add()).status)).toEqual(new Set([200]));
  expect(await struck(cloud, "ownershipLags")).toBe(1);
});

/** An application with a password, old enough to be known wherever nothing lags by the switch under test. */
async function client(): Promise<
  Made & { readonly secret: string; readonly keyId: string; readonly principal: string }
> {
  const { id, appId } = await made();
  const { body: principal } = await owner("POST", "/servicePrincipals", { appId });
  const { body: password } = await owner("POST", `/applications/${id}/addPassword`, {});
  return { id, appId, secret: password.secretText, keyId: password.keyId, principal: principal.id };
}

test("newPrincipalsFlipAtSignIn lets a new service principal sign in here and be unknown there", async () => {
  const inB = await administrator(cloud, "TENANT_B");
  const one = await client();
  await inB("POST", "/servicePrincipals", { appId: one.appId });
  expect(await signIn(cloud, "TENANT_B", one)).toBe(0);
  await on("newPrincipalsFlipAtSignIn");
  const { id, appId } = await made();
  const { body: password } = await owner("POST", `/applications/${id}/addPassword`, {});
  await later(cloud, 70);
  await inB("POST", "/servicePrincipals", { appId });
  const numbers = (): Promise<ReadonlySet<number>> =>
    seen(() => signIn(cloud, "TENANT_B", { appId, secret: password.secretText }));
  const first = await numbers();
  expect([700016, 7000229].some((number) => first.has(number))).toBe(true);
  await later(cloud, 10);
  const then = await numbers();
  expect(then).toContain(0);
  expect(then.size).toBeGreaterThan(1);
  await later(cloud, 960);
  expect(await numbers()).toEqual(new Set([0]));
  expect(await struck(cloud, "newPrincipalsFlipAtSignIn")).toBeGreaterThan(10);
});

test("consentLags hides what an administrator consented to from the token endpoint, for an hour at most", async () => {
  const one = await client();
  await on("consentLags");
  await cloud.control("POST", "/control/consent", { tenantId: cloud.env1("TENANT_B"), clientId: one.appId });
  expect(await seen(() => signIn(cloud, "TENANT_B", one))).not.toContain(0);
  await later(cloud, 3600);
  expect(await seen(() => signIn(cloud, "TENANT_B", one))).toEqual(new Set([0]));
  expect(await struck(cloud, "consentLags")).toBe(20);
});

test("newPrincipalsFlipAtSignIn holds for what a consent made too", async () => {
  const one = await client();
  await on("newPrincipalsFlipAtSignIn");
  await cloud.control("PUT", "/control/consistency", {
    delays: { principalAtSignIn: { medianInSeconds: 60, p95InSeconds: 61 } },
  });
  await cloud.control("POST", "/control/consent", { tenantId: cloud.env1("TENANT_B"), clientId: one.appId });
  expect([700016, 7000229]).toContain(await signIn(cloud, "TENANT_B", one));
  await later(cloud, 250);
  expect(await signIn(cloud, "TENANT_B", one)).toBe(0);
});

test("newPasswordsFlip and removedPasswordsLinger, each by itself", async () => {
  const one = await client();
  await later(cloud, 100);
  await on("newPasswordsFlip");
  const { body: second } = await owner("POST", `/applications/${one.id}/addPassword`, {});
  const withSecond = { appId: one.appId, secret: second.secretText as string };
  expect(await seen(() => signIn(cloud, "TENANT_A", withSecond))).toEqual(new Set([7000215]));
  expect(await signIn(cloud, "TENANT_A", one)).toBe(0);
  await later(cloud, 72);
  expect(await seen(() => signIn(cloud, "TENANT_A", withSecond))).toEqual(new Set([0]));
  await owner("POST", `/applications/${one.id}/removePassword`, { keyId: second.keyId });
  expect(await signIn(cloud, "TENANT_A", withSecond)).toBe(7000215);
  await on("removedPasswordsLinger");
  await owner("POST", `/applications/${one.id}/removePassword`, { keyId: one.keyId });
  expect(await seen(() => signIn(cloud, "TENANT_A", one))).toEqual(new Set([0]));
  await later(cloud, 720);
  expect(await seen(() => signIn(cloud, "TENANT_A", one))).toEqual(new Set([7000215]));
  expect(await struck(cloud, "newPasswordsFlip")).toBe(20);
  expect(await struck(cloud, "removedPasswordsLinger")).toBe(20);
});

test("removedPrincipalsLinger lets a disabled principal and a deleted application sign in for minutes", async () => {
  await on("removedPrincipalsLinger");
  const [disabled, deleted] = [await client(), await client()];
  await owner("PATCH", `/servicePrincipals/${disabled.principal}`, { accountEnabled: false });
  await owner("DELETE", `/applications/${deleted.id}`);
  for (const one of [disabled, deleted]) expect(await signIn(cloud, "TENANT_A", one)).toBe(0);
  await later(cloud, 1200);
  expect(await seen(() => signIn(cloud, "TENANT_A", disabled))).toEqual(new Set([7000112]));
  expect(await seen(() => signIn(cloud, "TENANT_A", deleted))).toEqual(new Set([700016]));
  expect(await struck(cloud, "removedPrincipalsLinger")).toBeGreaterThan(1);
});

test("newPrincipalsUnknownToRoles refuses a role to a new service principal until it has replicated", async () => {
  const assign = async (principalId: string): Promise<number> => {
    const scope = `/subscriptions/${cloud.env1("SUBSCRIPTION_ID")}/resourceGroups/rg-clusters`;
    const properties = {
      roleDefinitionId: `/subscriptions/${cloud.env1("SUBSCRIPTION_ID")}/providers/Microsoft.Authorization/roleDefinitions/${roles.reader}`,
      principalId,
      principalType: "ServicePrincipal",
    };
    const name = crypto.randomUUID();
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`;
    return (await arm(cloud, "PUT", path, { body: { properties } })).status;
  };
  const { principal: before } = await client();
  expect(await assign(before)).toBe(201);
  await on("newPrincipalsUnknownToRoles");
  await cloud.control("PUT", "/control/consistency", {
    delays: { principalInRoles: { medianInSeconds: 60, p95InSeconds: 61 } },
  });
  const { principal } = await client();
  expect(await assign(principal)).toBe(400);
  await later(cloud, 250);
  expect(await assign(principal)).toBe(201);
  expect(await struck(cloud, "newPrincipalsUnknownToRoles")).toBe(1);
});

test("the same run gets the same answers and ids, in whatever order its callers come", async () => {
  interface Found {
    readonly id?: string;
    readonly appId?: string;
    readonly found?: readonly number[];
  }
  const run = async (order: readonly string[]): Promise<Record<string, Found>> => {
    const delays = { ownLookUp: { medianInSeconds: 100, p95InSeconds: 1000 } };
    const one = await testCloud({ life: { seed: 5, switches: ["newObjectsLag"] }, consistency: { delays } });
    const call = await automation(one);
    const answers: Record<string, Found> = {};
    for (const name of order) {
      const { body: app } = await call("POST", "/applications", { displayName: name });
      answers[name] = { id: app.id, appId: app.appId };
    }
    await later(one, 100);
    for (const name of order) {
      const { appId } = answers[name] ?? { appId: "" };
      const found: number[] = [];
      for (let asked = 0; asked < 8; asked += 1)
        found.push((await call("GET", `/applications?$filter=appId eq '${appId}'`)).body.value.length);
      answers[name] = { ...answers[name], found };
    }
    await one.close();
    return answers;
  };
  expect(await run(["first", "second", "third"])).toEqual(await run(["third", "first", "second"]));
});
