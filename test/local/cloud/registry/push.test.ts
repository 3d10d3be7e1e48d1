import { createHash } from "node:crypto";
import { puller, registryId, cloudWithPuller, grant, roles } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await cloudWithPuller();
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPush);
});
afterEach(() => cloud.close());

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const layer = Buffer.from([0xff, 0x00, 0xfe, 0x80, 0x0a]); // No text: bytes have to come through as they are.

async function tokenFor(scope: string): Promise<string> {
  const service = cloud.env1("ACR_LOGIN_SERVER");
  const body = { grant_type: "password", service, scope, username: puller.appId, password: puller.secret };
  const answer = await fetch(`https://${service}/oauth2/token`, { method: "POST", body: new URLSearchParams(body) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A request of the registry with what `scope` gives. */
async function registry(method: string, path: string, scope: string, body?: Buffer, type?: string): Promise<Response> {
  const headers = {
    authorization: `Bearer ${await tokenFor(scope)}`,
    "content-type": type ?? "application/octet-stream",
  };
  const sent = body && new Uint8Array(body);
  return fetch(`https://${cloud.env1("ACR_LOGIN_SERVER")}${path}`, { method, headers, ...(sent && { body: sent }) });
}

const both = "repository:team/pushed:pull,push";
const uploads = "/v2/team/pushed/blobs/uploads/";
const codeOf = async (answer: Response): Promise<string | undefined> =>
  ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code;

interface Manifests {
  readonly manifests: readonly { digest: string; imageSize: number }[];
}

function manifestOf(digest: string, size: number): Buffer {
  const part = { mediaType: "application/octet-stream", digest, size };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: part, layers: [part] }));
}

test("a layer sent in pieces and a manifest make an image that is read back byte for byte", async () => {
  const begun = await registry("POST", uploads, both);
  expect(begun.status).toBe(202);
  const location = begun.headers.get("location") ?? "";
  const first = await registry("PATCH", location, both, layer.subarray(0, 2));
  expect([first.status, first.headers.get("range")]).toEqual([202, "0-1"]);
  const digest = digestOf(layer);
  const ended = await registry("PUT", `${location}?digest=${digest}`, both, layer.subarray(2));
  expect([ended.status, ended.headers.get("docker-content-digest")]).toEqual([201, digest]);
  const manifest = manifestOf(digest, layer.length);
  const put = await registry("PUT", "/v2/team/pushed/manifests/v2", both, manifest, manifestType);
  expect([put.status, put.headers.get("docker-content-digest")]).toEqual([201, digestOf(manifest)]);
  const read = await registry("GET", `/v2/team/pushed/blobs/${digest}`, both);
  expect(Buffer.from(await read.arrayBuffer())).toEqual(layer);
  const shown = await registry("GET", "/v2/team/pushed/manifests/v2", both);
  expect(shown.headers.get("content-type")).toBe(manifestType);
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(manifest);
  const catalog = await registry("GET", "/v2/_catalog", "registry:catalog:*");
  expect(await catalog.json()).toEqual({ repositories: ["team/app", "team/pushed"] });
  const artifact = await registry("GET", "/acr/v1/team/pushed/_manifests", "repository:team/pushed:metadata_read");
  expect(await artifact.json()).toMatchObject({ manifests: [{ tags: ["v2"], imageSize: 2 * layer.length }] });
  const metadata = "repository:team/app:metadata_read";
  const { manifests } = (await (await registry("GET", "/acr/v1/team/app/_manifests", metadata)).json()) as Manifests;
  expect(manifests).toEqual([expect.objectContaining({ architecture: "amd64", os: "linux", tags: ["v1"] })]);
  const one = await registry("GET", `/acr/v1/team/app/_manifests/${manifests[0]?.digest}`, metadata);
  expect(await one.json()).toMatchObject({ imageName: "team/app", manifest: { imageSize: manifests[0]?.imageSize } });
  const tag = await registry("GET", "/acr/v1/team/app/_tags/v1", metadata);
  expect(await tag.json()).toMatchObject({ tag: { name: "v1", digest: manifests[0]?.digest } });
  expect((await registry("GET", "/acr/v1/team/app/_tags/v9", metadata)).status).toBe(404);
});

test("tags and manifests say when they were pushed, and are listed in that order where it is asked for", async () => {
  expect((await registry("POST", `${uploads}?digest=${digestOf(layer)}`, both, layer)).status).toBe(201);
  const manifest = manifestOf(digestOf(layer), layer.length);
  for (const tag of ["b", "c", "a", "b"]) {
    await cloud.control("POST", "/control/clock", { advanceInSeconds: 60 });
    expect((await registry("PUT", `/v2/team/pushed/manifests/${tag}`, both, manifest, manifestType)).status).toBe(201);
  }
  const metadata = "repository:team/pushed:metadata_read";
  interface Tags {
    readonly tags: readonly { name: string; createdTime: string; lastUpdateTime: string }[];
  }
  const listed = async (query: string): Promise<[string[], string | null]> => {
    const answer = await registry("GET", `/acr/v1/team/pushed/_tags${query}`, metadata);
    return [((await answer.json()) as Tags).tags.map(({ name }) => name), answer.headers.get("link")];
  };
  expect((await listed(""))[0]).toEqual(["a", "b", "c"]);
  expect((await listed("?orderby=timeasc"))[0]).toEqual(["c", "a", "b"]);
  const [newest, link] = await listed("?orderby=timedesc&n=1");
  expect(newest).toEqual(["b"]);
  const next = /<[^>?]+(\?[^>]+)>/.exec(link ?? "")?.[1] ?? "";
  expect((await listed(next.replace("n=1", "n=5")))[0]).toEqual(["a", "c"]);
  const one = (await (await registry("GET", "/acr/v1/team/pushed/_tags/b", metadata)).json()) as {
    tag: Tags["tags"][number];
  };
  expect(Date.parse(one.tag.lastUpdateTime) - Date.parse(one.tag.createdTime)).toBeGreaterThanOrEqual(180_000);
});

test("bytes that are not what their digest says, and manifests of what is not there, are refused", async () => {
  const wrong = await registry("POST", `${uploads}?digest=sha256:${"0".repeat(64)}`, both, layer);
  expect([wrong.status, await codeOf(wrong)]).toEqual([400, "DIGEST_INVALID"]);
  const path = "/v2/team/pushed/manifests/v2";
  const lacking = await registry("PUT", path, both, manifestOf(digestOf(layer), 5), manifestType);
  expect([lacking.status, await codeOf(lacking)]).toEqual([400, "MANIFEST_BLOB_UNKNOWN"]);
  const nothing = await registry("PUT", path, both, Buffer.from("{"), manifestType);
  expect([nothing.status, await codeOf(nothing)]).toEqual([400, "MANIFEST_INVALID"]);
  const nowhere = await registry("PATCH", `${uploads}nowhere`, both, layer);
  expect([nowhere.status, await codeOf(nowhere)]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
});

test("pushing takes the right to push, deleting another one, and a reset forgets what was pushed", async () => {
  expect((await registry("POST", uploads, "repository:team/pushed:pull")).status).toBe(401);
  expect((await registry("POST", `${uploads}?digest=${digestOf(layer)}`, both, layer)).status).toBe(201);
  const manifest = manifestOf(digestOf(layer), layer.length);
  const path = "/v2/team/pushed/manifests";
  expect((await registry("PUT", `${path}/v2`, both, manifest, manifestType)).status).toBe(201);
  const scope = "repository:team/pushed:pull,push,delete";
  expect((await registry("DELETE", `${path}/${digestOf(manifest)}`, scope)).status).toBe(401);
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, "c2f4ef07-c644-48eb-af81-4b1b4947fb11");
  expect((await registry("DELETE", `${path}/${digestOf(manifest)}`, scope)).status).toBe(202);
  expect((await registry("GET", `${path}/v2`, both)).status).toBe(404);
  await cloud.control("POST", "/control/reset");
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPush);
  expect((await registry("GET", `/v2/team/pushed/blobs/${digestOf(layer)}`, both)).status).toBe(404);
});
