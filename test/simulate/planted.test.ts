import { join } from "node:path";
import type { Dump } from "../../local/simulate/judge/dump.ts";
import { simulateOnboarding, type Simulated } from "../../local/simulate/onboarding.ts";
import type { World } from "../../local/simulate/world.ts";
import { limitInMs } from "./running.ts";

const root = join(import.meta.dirname, "../..");
const hour = 3_600_000;

/** What an administrator's command line does, by Azure's own protocols. */
async function ask(world: World, to: "arm" | "graph", method: string, path: string, body?: object): Promise<unknown> {
  const { env } = world;
  const base = (to === "arm" ? env["ARM_URL"] : env["GRAPH_URL"]) ?? "";
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
    scope: `${to === "arm" ? "https://management.azure.com" : "https://graph.microsoft.com"}/.default`,
  });
  const url = `${env["ENTRA_URL"]}/${env["TENANT_A"]}/oauth2/v2.0/token`;
  const { access_token } = (await (await fetch(url, { method: "POST", body: form })).json()) as {
    access_token: string;
  };
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function setPower(world: World, clusterId: string, powerState: "Running" | "Stopped"): Promise<void> {
  const answer = await fetch(`${world.env["CONTROL_URL"]}/control/clusters`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ clusterId, powerState }),
  });
  if (!answer.ok) throw new Error(`the control service answered ${answer.status}`);
}

const [falsely, robbed, stopped] = ["aks-0001", "aks-0002", "aks-0003"] as const;
const idOf = (world: World, name: string): string => world.setting.clusters.find((one) => one.name === name)?.id ?? "";
const clusterIn = (dump: Dump, id: string): Dump["arm"]["clusters"][number] => {
  const found = dump.arm.clusters.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!found) throw new Error(`no cluster ${id}`);
  return found;
};

/** Somebody gives a cluster its old credential back. */
async function moveBack(world: World): Promise<void> {
  const application = world.setting.estate.applications.find(({ key }) => key === falsely);
  const credential = { clientId: application?.appId, secret: application?.secrets[0]?.value };
  const path = `${idOf(world, falsely)}/resetServicePrincipalProfile?api-version=2026-06-01`;
  await ask(world, "arm", "POST", path, credential);
  world.timeline.at(world.timeline.now() + hour, () => Promise.resolve());
  await world.timeline.run(() => false);
}

/** Somebody takes a cluster's right to pull from its own company's registry away. */
async function takeRoleAway(world: World, dump: Dump): Promise<void> {
  const { clientId } = clusterIn(dump, idOf(world, robbed));
  const principal = dump.entra.tenants[0]?.servicePrincipals.find(({ appId }) => appId === clientId);
  const role = dump.arm.roleAssignments.find(
    ({ principalId, scope }) => principalId === principal?.id && scope.includes("contosohome"),
  );
  await ask(world, "arm", "DELETE", `${role?.id}?api-version=2022-04-01`);
}

/** Somebody adds a password to the application that the app made for a cluster, and makes an application that looks like one. */
async function strayIn(world: World, dump: Dump): Promise<void> {
  const { clientId } = clusterIn(dump, idOf(world, robbed));
  const application = dump.entra.tenants[0]?.applications.find(({ appId }) => appId === clientId);
  await ask(world, "graph", "POST", `/v1.0/applications/${application?.id}/addPassword`, {
    passwordCredential: { displayName: "by hand" },
  });
  await ask(world, "graph", "POST", "/v1.0/applications", {
    displayName: "stray",
    uniqueName: "crosspull-stray",
  });
}

let told: Simulated;
beforeAll(async () => {
  told = await simulateOnboarding({
    seed: 1,
    clusters: 3,
    estate: "two-tenants",
    faults: "none",
    people: "prompt",
    app: root,
    folder: join(root, ".crosspull/test", `planted-${process.pid}`),
    meddle: {
      before: (world) => setPower(world, idOf(world, stopped), "Stopped"),
      after: async (world) => {
        await setPower(world, idOf(world, stopped), "Running");
        await moveBack(world);
        const dump = await world.twin.state();
        await takeRoleAway(world, dump);
        await strayIn(world, dump);
      },
    },
  });
}, limitInMs);

test.each([
  ["failed-without-cause", stopped, /CP-CLUSTER-STOPPED/],
  ["false-ready", falsely, /another application's credential/],
  ["cannot-pull", robbed, /team\/base/],
  ["extra-secret", null, /2 passwords/],
  ["unowned", null, /the application crosspull-stray/],
] as const)("the judge finds a planted %s by what the simulated Azure shows", (kind, cluster, detail) => {
  const found = told.line.violations.filter((one) => one.kind === kind && one.cluster === cluster);
  expect(found.map((one) => one.detail)).toContainEqual(expect.stringMatching(detail));
});

test("a simulation with violations has not passed", () => {
  expect(told.isPassed).toBe(false);
});
