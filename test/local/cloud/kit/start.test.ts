import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { loadEstate, parseEstate } from "../../../../local/cloud/estates/estate.ts";
import { startCloud } from "../../../../local/cloud/start.ts";
import { testCloud } from "./cloud.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crosspull-cloud-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function portOf(url = ""): number {
  return Number(new URL(url).port);
}

test("ports in use are stepped over, and every service answers on 127.0.0.1 alone", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const cloud = await startCloud({ folder, port });
  const ports = ["CONTROL_URL", "ENTRA_URL", "GRAPH_URL", "ARM_URL", "VAULT_URL"].map((key) => portOf(cloud.env[key]));
  expect(ports.every((one) => one > port)).toBe(true);
  expect(ports).toEqual([...ports].sort((one, other) => one - other));
  expect(new Set(ports).size).toBe(ports.length);
  await cloud.close();
  await new Promise((resolve) => taken.close(resolve));
  await expect(fetch(cloud.controlUrl)).rejects.toThrow();
});

test("a second start in the same folder uses the same authority and still trusts the first one's tokens", async () => {
  const first = await startCloud({ folder, port: 0 });
  const authority = readFileSync(first.caFile, "utf8");
  await first.close();
  const second = await startCloud({ folder, port: 0 });
  expect(readFileSync(second.caFile, "utf8")).toBe(authority);
  await second.close();
  expect(statSync(join(folder, "server-key.pem")).mode & 0o077).toBe(0);
  expect(statSync(join(folder, "token-key.pem")).mode & 0o077).toBe(0);
});

test("the certificate is good for localhost and for 127.0.0.1", async () => {
  const cloud = await startCloud({ folder, port: 0 });
  const ca = readFileSync(cloud.caFile, "utf8");
  for (const host of ["localhost", "127.0.0.1"]) {
    const authorized = await new Promise<boolean>((resolve, reject) => {
      const socket = tls.connect({ host, port: portOf(cloud.env["ENTRA_URL"]), ca }, () => {
        resolve(socket.authorized);
        socket.end();
      });
      socket.on("error", reject);
    });
    expect(authorized).toBe(true);
  }
  await cloud.close();
});

test("several clouds run in one process without knowing of each other", async () => {
  const [one, other] = [await testCloud(), await testCloud()];
  const token = (await one.credential("TENANT_A", "").getToken("https://vault.azure.net/.default")).token;
  const list = async (vaultUrl: string): Promise<number> =>
    (await fetch(`${vaultUrl}/secrets?api-version=7.5`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await list(one.env1("VAULT_URL"))).toBe(200);
  expect(await list(other.env1("VAULT_URL"))).toBe(401);
  await Promise.all([one.close(), other.close()]);
});

test("an estate with a mistake is refused with its place", () => {
  const estate = structuredClone(loadEstate());
  const broken = { ...estate, clusters: [{ ...estate.clusters[0], pools: [{ name: "p", nodes: -1 }] }] };
  expect(() => parseEstate(broken)).toThrow(/clusters\[0\]\.pools\[0\]\.nodes/);
  expect(() => parseEstate({ ...estate, typo: 1 })).toThrow(/typo/);
  const [cluster] = estate.clusters;
  const nowhere = { ...cluster, subscriptionId: "d0000000-0000-4000-8000-000000000001" };
  expect(() => parseEstate({ ...estate, clusters: [nowhere] })).toThrow(/aks-prod: no subscription d0000000/);
});

test("generated clusters have an application, a role and nodes each", () => {
  const before = loadEstate();
  const after = loadEstate(undefined, { clusters: 3 });
  expect(after.clusters.slice(before.clusters.length).map(({ name }) => name)).toEqual([
    "aks-0001",
    "aks-0002",
    "aks-0003",
  ]);
  expect(new Set(after.applications.map(({ appId }) => appId)).size).toBe(before.applications.length + 3);
});
