import { connect } from "node:net";
import { request } from "node:https";
import { ContainerServiceClient } from "@azure/arm-containerservice";
import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { loadEstate } from "../../../../local/cloud/estates/estate.ts";
import { mostRegistriesWithPort } from "../../../../local/cloud/addresses/addresses.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
let many: TestCloud | undefined;
const kept = process.env["HTTPS_PROXY"];
beforeAll(async () => {
  cloud = await testCloud({ publicNames: true });
  process.env["HTTPS_PROXY"] = cloud.env1("HTTPS_PROXY");
});
afterAll(async () => {
  if (kept === undefined) delete process.env["HTTPS_PROXY"];
  else process.env["HTTPS_PROXY"] = kept;
  await Promise.all([cloud.close(), many?.close()]);
});

/** The first line a proxy answers with. */
function firstLine(proxyUrl: string, sent: string): Promise<string> {
  const { hostname, port } = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(sent));
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(text.split("\r\n")[0] ?? ""));
    socket.on("error", reject);
  });
}

const asked = (target: string): string => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;

test("the addresses are the public cloud's", () => {
  expect(cloud.env).toMatchObject({
    ENTRA_URL: "https://login.microsoftonline.com",
    ARM_URL: "https://management.azure.com",
    GRAPH_URL: "https://graph.microsoft.com",
    VAULT_URL: "https://kv-crosspull.vault.azure.net",
    ACR_LOGIN_SERVER: "fabrikamprod.azurecr.io",
  });
});

test("SDKs with nothing set but HTTPS_PROXY reach clusters and the vault as in the public cloud", async () => {
  const credential = new ClientSecretCredential(
    cloud.env1("TENANT_A"),
    cloud.env1("CLIENT_ID"),
    cloud.env1("CLIENT_SECRET"),
  );
  const clusters = new ContainerServiceClient(credential, cloud.env1("SUBSCRIPTION_ID"));
  const { name } = await clusters.managedClusters.get(cloud.env1("RESOURCE_GROUP"), cloud.env1("CLUSTER"));
  expect(name).toBe(cloud.env1("CLUSTER"));
  const secrets = new SecretClient(cloud.env1("VAULT_URL"), credential);
  const { properties } = await secrets.setSecret("by-public-name", "value");
  expect(properties.vaultUrl).toBe(cloud.env1("VAULT_URL"));
});

test("a node pulls by the registry's public name", async () => {
  const clusterId = cloud.env1("CLUSTER_RESOURCE_ID");
  const image = `${cloud.env1("ACR_LOGIN_SERVER")}/team/app:v1`;
  const { body } = await cloud.control<object>("POST", "/control/kubelet/pull", { clusterId, image });
  // No consent yet: what matters is that it was the registry that said so.
  expect(body).toMatchObject({ pulled: false, stage: "token", status: 401 });
});

test.each([
  ["example.com:443", "HTTP/1.1 403 Forbidden"],
  ["localhost:443", "HTTP/1.1 403 Forbidden"],
  ["management.azure.com:80", "HTTP/1.1 403 Forbidden"],
  ["other.vault.azure.net:443", "HTTP/1.1 403 Forbidden"],
  ["MANAGEMENT.azure.com:443", "HTTP/1.1 200 Connection Established"],
])("asked for %s the proxy answers %s", async (target, line) => {
  expect(await firstLine(cloud.env1("HTTPS_PROXY"), asked(target))).toBe(line);
});

test("the proxy carries nothing in the open", async () => {
  const plain = "GET http://management.azure.com/ HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";
  expect(await firstLine(cloud.env1("HTTPS_PROXY"), plain)).toBe("HTTP/1.1 405 Method Not Allowed");
});

/** A request to a port of this machine under another name, as behind the proxy. */
function under(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/v2/", servername: "a.azurecr.io", headers: { host } };
    const sent = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("registries beyond those with a port of their own answer by public name alone", async () => {
  const estate = loadEstate();
  const [first] = estate.registries;
  if (!first) throw new Error("no registry");
  const registries = Array.from({ length: mostRegistriesWithPort + 2 }, (_, index) => ({
    ...first,
    name: `registry${String(index).padStart(3, "0")}`,
  }));
  many = await testCloud({ estate: { ...estate, registries } });
  const listed = await many.control<{ arm: { registries: { loginServer: string }[] } }>("GET", "/control/state");
  const servers = listed.body.arm.registries.map(({ loginServer }) => loginServer);
  expect(servers.filter((one) => one.startsWith("localhost:"))).toHaveLength(mostRegistriesWithPort);
  expect(servers.slice(mostRegistriesWithPort)).toEqual(["registry050.azurecr.io", "registry051.azurecr.io"]);
  const proxyPort = Number(new URL(many.env1("HTTPS_PROXY")).port);
  expect(await firstLine(many.env1("HTTPS_PROXY"), asked("registry051.azurecr.io:443"))).toContain("200");
  expect(await firstLine(many.env1("HTTPS_PROXY"), asked("registry000.azurecr.io:443"))).toContain("403");
  const image = "registry051.azurecr.io/team/app:v1";
  const clusterId = many.env1("CLUSTER_RESOURCE_ID");
  const { body } = await many.control<object>("POST", "/control/kubelet/pull", { clusterId, image });
  expect(body).toMatchObject({ stage: "token", status: 401 });
  await expect(under("registry051.azurecr.io", proxyPort)).rejects.toThrow();
});
