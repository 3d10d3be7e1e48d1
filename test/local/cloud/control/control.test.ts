import { request } from "node:http";
import { Client } from "@microsoft/microsoft-graph-client";
import type { Application, PasswordCredential } from "@microsoft/microsoft-graph-types";
import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
const logged: string[] = [];
beforeEach(async () => {
  logged.length = 0;
  cloud = await testCloud({ log: (line) => logged.push(line) });
});
afterEach(() => cloud.close());

interface State {
  readonly entra: {
    readonly tenants: readonly { readonly applications: readonly { readonly displayName: string }[] }[];
  };
}

const scope = "https://graph.microsoft.com/.default";

function administrator(): Client {
  const credential = cloud.credential("TENANT_A", "");
  return Client.initWithMiddleware({
    baseUrl: cloud.env1("GRAPH_URL"),
    customHosts: new Set(["localhost"]),
    authProvider: { getAccessToken: async () => (await credential.getToken(scope)).token },
  });
}

test("the planted password is given out once, and stands in no page, dump or log", async () => {
  const canary = "canary-5f8e2b7c-do-not-copy";
  expect((await cloud.control("POST", "/control/next-password", { value: canary })).status).toBe(204);
  const graph = administrator();
  const app: Application = await graph.api("/applications").post({ displayName: "canary" });
  const add = (): Promise<PasswordCredential> => graph.api(`/applications/${app.id}/addPassword`).post({});
  expect((await add()).secretText).toBe(canary);
  expect((await add()).secretText).not.toBe(canary);
  const vault = new SecretClient(cloud.env1("VAULT_URL"), cloud.credential("TENANT_A", ""), {
    disableChallengeResourceVerification: true,
  });
  await vault.setSecret("canary", canary);
  const shown = [];
  for (const path of ["/", "/control/state", "/control/calls", "/control/faults"])
    shown.push(JSON.stringify((await cloud.control("GET", path)).body));
  const everything = [...shown, ...logged].join("\n");
  expect(everything).toContain("canary");
  expect(everything).not.toContain(canary);
  expect(everything).not.toContain(cloud.env1("CLIENT_SECRET"));
  expect(everything).not.toMatch(/eyJ[\w-]+\.eyJ/);
});

test("calls are counted by service and operation, with the caller once it is known", async () => {
  await cloud.control("DELETE", "/control/calls");
  await administrator().api("/applications").filter("appId eq 'x'").get();
  const { body } = await cloud.control<{ counts: object; last: object[] }>("GET", "/control/calls");
  expect(body.counts).toMatchObject({ "entra Token_V2": 1, "graph application_List": 1 });
  expect(body.last).toContainEqual(
    expect.objectContaining({
      service: "graph",
      operation: "application_List",
      path: "/v1.0/applications",
      status: 200,
      caller: { appId: cloud.env1("CLIENT_ID"), tenantId: cloud.env1("TENANT_A") },
    }),
  );
});

describe("faults", () => {
  const names = async (): Promise<string[]> => {
    const { body } = await cloud.control<State>("GET", "/control/state");
    return body.entra.tenants.flatMap(({ applications }) => applications.map(({ displayName }) => displayName));
  };
  const plant = async (fault: object): Promise<void> => {
    const { status } = await cloud.control("POST", "/control/faults", { service: "graph", ...fault });
    expect(status).toBe(201);
  };
  const create = async (displayName: string): Promise<number> =>
    fetch(`${cloud.env1("GRAPH_URL")}/v1.0/applications`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${(await cloud.credential("TENANT_A", "").getToken(scope)).token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ displayName }),
    }).then(
      ({ status }) => status,
      () => 0,
    );

  test("before the effect, nothing happens; the next call goes through", async () => {
    await plant({ operation: "application_Create", status: 503 });
    expect(await create("not made")).toBe(503);
    expect(await create("made")).toBe(201);
    expect(await names()).toEqual(expect.not.arrayContaining(["not made"]));
  });

  test("after the effect, the answer is lost and the effect is not", async () => {
    await plant({ operation: "application_Create", effect: "after", cut: true });
    expect(await create("made, answer lost")).toBe(0);
    expect(await names()).toContain("made, answer lost");
  });

  test("the nth call and as many as asked are hit, with headers and body as given", async () => {
    await plant({
      operation: "*",
      nth: 2,
      times: 2,
      status: 429,
      headers: { "retry-after": "1" },
      body: { odd: true },
    });
    const statuses = [];
    for (let number = 1; number <= 4; number += 1) statuses.push(await create(`call ${number}`));
    expect(statuses).toEqual([201, 429, 429, 201]);
    await plant({ operation: "unknown", status: 418, body: "text" });
    const teapot = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0/nothing`);
    expect([teapot.status, await teapot.text()]).toEqual([418, "text"]);
  });

  test("planted faults can be listed and taken away; a nonsensical one is refused", async () => {
    await plant({ operation: "application_Create", status: 500 });
    expect((await cloud.control("GET", "/control/faults")).body).toHaveLength(1);
    await cloud.control("DELETE", "/control/faults");
    expect(await create("made")).toBe(201);
    const refused = await cloud.control("POST", "/control/faults", { service: "graph", nonsense: 1 });
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining("nonsense") } });
  });
});

test("a reset brings the estate back as it was", async () => {
  await administrator().api("/applications").post({ displayName: "gone after reset" });
  const before = JSON.stringify((await cloud.control<State>("GET", "/control/state")).body.entra);
  expect(before).toContain("gone after reset");
  expect((await cloud.control("POST", "/control/reset")).status).toBe(204);
  expect(JSON.stringify((await cloud.control<State>("GET", "/control/state")).body.entra)).not.toContain(
    "gone after reset",
  );
  expect((await cloud.credential("TENANT_A", "").getToken(scope)).token).toMatch(/^eyJ/);
});

test("the overview shows both tenants and the last calls as a page", async () => {
  await administrator().api("/applications").get();
  const { body } = await cloud.control("GET", "/");
  expect(body).toContain("Contoso Apps");
  expect(body).toContain("Fabrikam Registry");
  expect(body).toContain("application_List");
  expect(body).not.toContain("As in life");
  await cloud.control("PUT", "/control/life", { throttling: true });
  expect((await cloud.control("GET", "/")).body).toContain("As in life");
});

test("a page of another origin, and a name that was made to point here, are turned away", async () => {
  const status = async (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${cloud.controlUrl}/control/reset`, { method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  expect(await status({ origin: "https://evil.example" })).toBe(403);
  expect(await status({ host: "evil.example" })).toBe(403);
  expect(await status({})).toBe(204);
});

test("timings are changed while the cloud runs, and only sensible ones", async () => {
  const changed = await cloud.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 7 });
  expect(changed.body).toMatchObject({ reimagePerNodeInSeconds: 7, secretReplicationInSeconds: 0 });
  expect((await cloud.control("PUT", "/control/timings", { speed: 0 })).status).toBe(400);
});

test("a wrong sign-in leaves the number in the answer and no secret in the log", async () => {
  const credential = new ClientSecretCredential(
    cloud.env1("TENANT_A"),
    cloud.env1("CLIENT_ID"),
    "mistyped-secret-value",
    cloud.identityOptions,
  );
  await expect(credential.getToken(scope)).rejects.toThrow(/AADSTS7000215/);
  expect(logged.join("\n")).toContain("Token_V2");
  expect(logged.join("\n")).not.toContain("mistyped-secret-value");
});
