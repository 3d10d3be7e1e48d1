import { chanceOf } from "../../../../local/cloud/kit/chance.ts";
import { arm, clusterId, cloudWithPuller, estateWithPuller, grant, puller, roles } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

/** `CROSSPULL_PULLS_SEED=7 npx jest test/local/cloud/kubelet/equality` tries another thousand. */
const seed = Number(process.env["CROSSPULL_PULLS_SEED"] ?? 1);
const pulls = 1000;

const clusters = ["aks-prod", "aks-staging", "aks-managed", "aks-stopped"];
let cloud: TestCloud;
let registries: readonly { readonly id: string; readonly loginServer: string }[];
beforeAll(async () => {
  const soon = new Date(Date.now() + 6 * 3_600_000).toISOString();
  const estate = estateWithPuller(({ applications }) => ({
    applications: applications.map((one) => ({
      ...one,
      secrets: one.secrets.map((each) => (one.key === "aks-staging" ? { ...each, expiresAt: soon } : each)),
    })),
  }));
  const timings = { rolePropagationInSeconds: 60, reimagePerNodeInSeconds: 600 };
  cloud = await cloudWithPuller({ estate, timings });
  const { body } = await cloud.control<{ arm: { registries: typeof registries } }>("GET", "/control/state");
  registries = body.arm.registries;
});
afterAll(() => cloud.close());

let drawn = 0;
function pick<Item>(items: readonly Item[]): Item {
  const found = items[Math.floor(chanceOf(seed, drawn++) * items.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

function image(): string {
  const repository = pick(["team/app", "team/app", "team/app", "team/none"]);
  const reference = pick([":v1", ":v1", ":v1", ":v9", "", `@sha256:${"a".repeat(64)}`]);
  return `${pick(registries).loginServer}/${repository}${reference}`;
}

/** One of the things that decide whether a node may pull. */
async function change(): Promise<void> {
  const registry = pick(registries).id;
  const properties = { publicNetworkAccess: pick(["Enabled", "Enabled", "Disabled"]) };
  const role = pick([roles.acrPull, roles.repositoryReader]);
  const credential = { clientId: puller.appId, secret: puller.secret };
  const reset = `${clusterId(pick(clusters))}/resetServicePrincipalProfile?api-version=2026-06-01`;
  const advanceInSeconds = pick([10, 30, 300, 1800]);
  await pick<() => Promise<unknown>>([
    () => grant(cloud, registry, puller.inTenantB, role).catch(String),
    () => arm(cloud, "PATCH", `${registry}?api-version=2025-11-01`, { tenant: "TENANT_B", body: { properties } }),
    () => arm(cloud, "POST", reset, { body: credential }),
    () => cloud.control("POST", "/control/clock", { advanceInSeconds }),
  ])();
}

test(`${pulls} random pulls are answered in this process as over HTTP`, async () => {
  const outcomes = new Set<string>();
  for (let count = 0; count < pulls; count++) {
    if (count % 10 === 0) await change();
    const asked = { clusterId: clusterId(pick(clusters)), image: image() };
    const [overHttp, inProcess] = [await pull({ ...asked, over: "http" }), await pull({ ...asked, over: "process" })];
    expect({ asked, ...inProcess }).toEqual({ asked, ...overHttp });
    outcomes.add(`${overHttp.pulled} ${overHttp.stage ?? ""}`);
  }
  // Not all of one kind, or equality says little.
  expect([...outcomes].sort()).toEqual(
    expect.arrayContaining(["false challenge", "false credential", "false manifest", "false token", "true "]),
  );
}, 240_000);

interface Pull {
  readonly pulled: boolean;
  readonly stage?: string;
}

async function pull(asked: object): Promise<Pull> {
  return (await cloud.control<Pull>("POST", "/control/kubelet/pull", asked)).body;
}
