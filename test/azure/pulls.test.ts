import { createHash } from "node:crypto";
import { clouds } from "../../src/azure/clouds.ts";
import type { PullAnswer, PullTarget } from "../../src/azure/clients.ts";
import { connectPulls } from "../../src/azure/pulls.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { standIn, tokenWith, type Answer, type Asked, type StandIn } from "./standIn.ts";

const clientId = "10000000-0000-4000-8000-000000000001";
const canary = new Secret("canary-Ab1~secret-of-registry-4711");
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const layer = digestOf("layer");
const manifest = JSON.stringify({ schemaVersion: 2, config: { digest: digestOf("{}") }, layers: [{ digest: layer }] });
const digest = digestOf(manifest);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const allowing = (actions: readonly string[], name = "team/app"): string =>
  tokenWith({ access: [{ type: "repository", name, actions }] });
const refreshToken = tokenWith({ exp: 4_000_000_000 });
const denied = (message: string): Answer => ({ status: 403, body: { errors: [{ code: "DENIED", message }] } });
const firewall = denied("client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall.");
const unauthorized = (body: object): Answer => ({ status: 401, body });

/** A registry that grants pulls of team/app:v1 unless told otherwise. */
function registry(changed: Partial<Record<"exchange" | "token" | "manifest" | "blob" | "tags", Answer>> = {}) {
  return ({ path }: Asked): Answer => {
    if (path.startsWith("/oauth2/exchange")) {
      return changed.exchange ?? { status: 200, body: { refresh_token: refreshToken } };
    }
    if (path.startsWith("/oauth2/token")) {
      return changed.token ?? { status: 200, body: { access_token: allowing(["pull"]) } };
    }
    if (path.includes("/blobs/")) return changed.blob ?? { status: 206, body: "layer" };
    if (path.includes("/tags/list")) return changed.tags ?? { status: 200, body: { tags: ["v1"] } };
    const named = { "content-type": mediaType, "docker-content-digest": digest };
    return changed.manifest ?? { status: 200, headers: named, body: manifest };
  };
}

describe("a pull", () => {
  let service: StandIn;
  beforeAll(async () => {
    service = await standIn();
  });
  afterAll(() => service.close());

  function target(reference: string | null = "v1"): PullTarget {
    return { loginServer: service.host, repository: "team/app", reference, named: false };
  }
  const pulls = (): ReturnType<typeof connectPulls> => connectPulls(service.cloud);
  const ways: readonly [string, (reference?: string | null) => Promise<PullAnswer>][] = [
    ["with a password", (reference) => pulls().withPassword(target(reference), clientId, canary)],
    ["with an Entra token", (reference) => pulls().withEntraToken(target(reference), canary)],
  ];

  describe.each(ways)("%s", (_name, pull) => {
    it("ends with the manifest's digest, and the host a layer came from", async () => {
      service.answer(registry());
      expect(await pull()).toEqual({ outcome: "pulled", digest, blobHost: service.host });
      const blob = service.asked.at(-1);
      expect(blob?.path).toBe(`/v2/team/app/blobs/${layer}`);
      expect(blob?.headers["range"]).toBe("bytes=0-1023");
    });

    it("of no image ends once the registry's token allows it", async () => {
      service.answer(registry());
      expect(await pull(null)).toEqual({ outcome: "pulled", digest: null, blobHost: null });
      expect(service.asked.map(({ path }) => path).filter((path) => path.startsWith("/v2/"))).toEqual([]);
    });

    it.each([
      ["no actions", allowing([])],
      ["other actions", allowing(["push", "metadata_read"])],
      ["another repository", allowing(["pull"], "team/other")],
      ["no access list", tokenWith({ sub: "x" })],
      ["no JWT", "opaque"],
    ])("of no image stops at the access list of a token with %s", async (_case, token) => {
      service.answer(registry({ token: { status: 200, body: { access_token: token } } }));
      expect(await pull(null)).toMatchObject({
        outcome: "refused",
        stage: "accessList",
        status: 200,
        curedBy: "time",
      });
    });

    it.each<[number, string, string, "time" | "person"]>([
      [404, "MANIFEST_QUARANTINED", "The image is in quarantine.", "person"],
      [400, "REGISTRY_DISALLOWED_OPERATION", "The operation is disallowed on this registry.", "person"],
      [403, "REGISTRY_DISALLOWED_OPERATION", "The operation is disallowed on this registry.", "person"],
      [405, "UNSUPPORTED", "The operation is disallowed on this registry.", "person"],
      [403, "DENIED", "The image is locked.", "person"],
      [403, "DENIED", "The registry is suspended.", "person"],
      [403, "DENIED", "requested access to the resource is denied", "time"],
      [401, "UNAUTHORIZED", "authentication required", "time"],
    ])("stops at the manifest by %i %s (%s): cured by %s", async (status, code, message, curedBy) => {
      service.answer(registry({ manifest: { status, body: { errors: [{ code, message }] } } }));
      const detail = `${code}: ${message}`;
      expect(await pull()).toEqual({ outcome: "refused", stage: "manifest", status, detail, curedBy });
    });

    it.each<[Answer, boolean]>([
      [{ status: 404, body: { errors: [{ code: "MANIFEST_UNKNOWN", message: "no such tag" }] } }, true],
      [{ status: 404, body: { errors: [{ code: "NAME_UNKNOWN", message: "no such repository" }] } }, true],
      [{ status: 404, body: { errors: [{ code: "MANIFEST_UNKNOWN", message: "OCI artifact found, but ..." }] } }, true],
      [{ status: 404, headers: { "content-type": "text/html" }, body: "<html>nothing here</html>" }, false],
    ])("stops at the manifest by %j: missing is what the registry says is missing (%s)", async (manifest, missing) => {
      service.answer(registry({ manifest }));
      expect(await pull()).toMatchObject({ stage: "manifest", status: 404, curedBy: "person" });
      expect("missing" in (await pull())).toBe(missing);
    });

    it("stops at a manifest of schema 1, which nodes do not pull", async () => {
      const headers = { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" };
      service.answer(registry({ manifest: { status: 200, headers, body: manifest } }));
      const detail = expect.stringContaining("schema 1");
      expect(await pull()).toMatchObject({ outcome: "refused", stage: "manifest", curedBy: "person", detail });
    });

    it("takes whatever kind of artifact there is", async () => {
      service.answer(registry());
      await pull();
      expect(service.asked.find(({ path }) => path.includes("/manifests/"))?.headers["accept"]).toContain("*/*");
    });

    it("goes on to the image that most nodes would take of an index", async () => {
      const platform = (architecture: string, os = "linux"): object => ({ os, architecture });
      const index = JSON.stringify({
        manifests: [
          { digest: digestOf("windows"), platform: platform("amd64", "windows") },
          { digest, platform: platform("amd64") },
        ],
      });
      const inner = registry();
      service.answer((asked) => {
        if (!asked.path.endsWith("/manifests/v1")) return inner(asked);
        return { status: 200, headers: { "content-type": "application/vnd.oci.image.index.v1+json" }, body: index };
      });
      expect(await pull()).toEqual({ outcome: "pulled", digest: digestOf(index), blobHost: service.host });
      expect(service.asked.map(({ path }) => path)).toContain(`/v2/team/app/manifests/${digest}`);
    });

    it("fetches a layer through its redirect, without a credential", async () => {
      const blobs = await standIn();
      blobs.answer(() => ({ status: 206, body: "layer" }));
      const location = `${blobs.url}/layers/1?sig=x`;
      service.answer(registry({ blob: { status: 307, headers: { location } } }));
      expect(await pull()).toEqual({ outcome: "pulled", digest, blobHost: blobs.host });
      expect(blobs.asked).toHaveLength(1);
      expect(blobs.asked[0]?.headers).toMatchObject({ range: "bytes=0-1023" });
      expect(blobs.asked[0]?.headers).not.toHaveProperty("authorization");

      blobs.answer(() => ({ status: 403, body: { error: { code: "AuthorizationFailure" } } }));
      const refused = { outcome: "refused", stage: "blob", status: 403, curedBy: "person" };
      expect(await pull()).toMatchObject({ ...refused, detail: expect.stringContaining(blobs.host) });
      blobs.answer(() => ({ status: 302, headers: { location: service.url } }));
      expect(await pull()).toMatchObject({ ...refused, status: 302 });
      await blobs.close();
      expect(await pull()).toMatchObject({ ...refused, status: 0, curedBy: "time" });
    });

    it("follows a layer nowhere but to https", async () => {
      const location = "http://169.254.169.254/metadata";
      service.answer(registry({ blob: { status: 307, headers: { location } } }));
      expect(await pull()).toMatchObject({ outcome: "refused", stage: "blob", status: 307, curedBy: "person" });
    });

    it("stops at the manifest when its bytes are not those of the digest", async () => {
      const forged = { "content-type": mediaType, "docker-content-digest": digest };
      service.answer(registry({ manifest: { status: 200, headers: forged, body: `${manifest} ` } }));
      expect(await pull()).toMatchObject({ outcome: "refused", stage: "manifest" });
    });

    it("stops at the registry's token when the registry issues none", async () => {
      const refusal = unauthorized({ errors: [{ code: "UNAUTHORIZED", message: `no entry for ${canary.reveal()}` }] });
      service.answer(registry({ token: refusal, exchange: refusal }));
      const refused = await pull();
      expect(refused).toMatchObject({ outcome: "refused", stage: "registryToken", status: 401, curedBy: "time" });
      expect(JSON.stringify(refused)).not.toContain(canary.reveal());
    });

    it("stops at the network when the registry's rules turn our address away", async () => {
      service.answer(() => firewall);
      expect(await pull()).toMatchObject({ stage: "network", status: 403, curedBy: "person" });
      service.answer(registry({ manifest: firewall }));
      expect(await pull()).toMatchObject({ stage: "network", status: 403, curedBy: "person" });
    });

    it("stops at the network when a proxy on the way forbids it, in its own words", async () => {
      const proxy = { status: 403, headers: { "content-type": "text/html" }, body: "<html>blocked</html>" };
      for (const changed of [{ token: proxy, exchange: proxy }, { manifest: proxy }]) {
        service.answer(registry(changed));
        expect(await pull()).toMatchObject({ stage: "network", status: 403, curedBy: "person" });
      }
    });

    it("tells in the words of the storage why it gives no layer", async () => {
      const body =
        '<?xml version="1.0"?><Error><Code>AuthorizationFailure</Code><Message>Not authorized by the network rules.</Message></Error>';
      service.answer(registry({ blob: { status: 403, headers: { "content-type": "application/xml" }, body } }));
      const detail = `${service.host}: AuthorizationFailure: Not authorized by the network rules.`;
      expect(await pull()).toMatchObject({ stage: "blob", status: 403, curedBy: "person", detail });
    });

    it("does not wait for a registry that says that the client, or itself, is disabled", async () => {
      const refusal = unauthorized({ errors: [{ code: "UNAUTHORIZED", message: "Application x is disabled." }] });
      service.answer(registry({ token: refusal, exchange: refusal }));
      expect(await pull()).toMatchObject({ stage: "registryToken", status: 401, curedBy: "person" });
    });

    it("throws for what time cures, with the rest that was asked for", async () => {
      const throttled = { status: 429, headers: { "retry-after": "7" } };
      service.answer(registry({ token: throttled, exchange: throttled }));
      const error: unknown = await pull().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TransientError);
      expect(error).toMatchObject({ retryAfterInSeconds: 7 });
    });
  });

  describe("of a repository that a person named", () => {
    const named = (): PullTarget => ({ ...target(null), named: true });
    it.each<[Answer, object]>([
      [{ status: 200, body: { tags: ["v1"] } }, { outcome: "pulled" }],
      // The token may not ask: the right to pull has to do.
      [unauthorized({ errors: [{ code: "UNAUTHORIZED" }] }), { outcome: "pulled" }],
      [
        { status: 404, body: { errors: [{ code: "NAME_UNKNOWN", message: "repository name not known" }] } },
        { outcome: "refused", stage: "repository", status: 404, curedBy: "person" },
      ],
      [
        { status: 405, body: { errors: [{ code: "UNSUPPORTED", message: "The operation is disallowed" }] } },
        { outcome: "refused", stage: "repository", status: 405, curedBy: "person" },
      ],
    ])("looks it up: %j", async (tags, outcome) => {
      service.answer(registry({ tags }));
      expect(await pulls().withPassword(named(), clientId, canary)).toMatchObject(outcome);
    });
  });

  it.each([
    ["as it is", canary.reveal()],
    ["in an address", encodeURIComponent(canary.reveal())],
    ["in base64", btoa(`${clientId}:${canary.reveal()}`)],
  ])("does not repeat a secret that the registry repeats %s", async (_name, echo) => {
    const refusal = unauthorized({ errors: [{ code: "UNAUTHORIZED", message: `no to ${echo}` }] });
    service.answer(registry({ token: refusal }));
    const refused = await pulls().withPassword(target(), clientId, canary);
    expect(JSON.stringify(refused)).not.toContain(echo);
    expect(refused).toMatchObject({ detail: expect.stringContaining("[secret]") });
  });

  it("with a password asks as containerd does: POST, then GET with Basic when the registry does not take it", async () => {
    const takesGet = registry();
    service.answer((asked) => (asked.method === "POST" ? { status: 400, body: {} } : takesGet(asked)));
    expect(await pulls().withPassword(target(null), clientId, canary)).toMatchObject({ outcome: "pulled" });
    const [post, get] = service.asked;
    expect(Object.fromEntries(new URLSearchParams(post?.body))).toEqual({
      grant_type: "password",
      service: service.host,
      client_id: "containerd-client",
      scope: "repository:team/app:pull",
      username: clientId,
      password: canary.reveal(),
    });
    expect(get?.headers["authorization"]).toBe(`Basic ${btoa(`${clientId}:${canary.reveal()}`)}`);
    expect(get?.path).not.toContain(canary.reveal());
  });

  it("checks a reference by digest against that digest", async () => {
    const other = `sha256:${"0".repeat(64)}`;
    service.answer(registry({ manifest: { status: 200, headers: { "content-type": mediaType }, body: manifest } }));
    expect(await pulls().withPassword(target(other), clientId, canary)).toMatchObject({ stage: "manifest" });
    const pulled = { outcome: "pulled", digest };
    expect(await pulls().withPassword(target(digest), clientId, canary)).toMatchObject(pulled);
  });

  it("never follows a redirect with a credential in hand", async () => {
    const away = { status: 307, headers: { location: `${service.url}/elsewhere` } };
    service.answer(({ path }) => (path === "/elsewhere" ? registry()({ path: "/oauth2/token" } as Asked) : away));
    expect(await pulls().withPassword(target(), clientId, canary)).toMatchObject({ outcome: "refused" });
    expect(service.asked.map(({ path }) => path)).not.toContain("/elsewhere");
  });

  it("of a name without a listener stops at the network", async () => {
    const gone = await standIn();
    await gone.close();
    const nobody = { ...target(), loginServer: gone.host };
    const refused = await pulls().withPassword(nobody, clientId, canary);
    expect(refused).toMatchObject({ outcome: "refused", stage: "network", status: 0, curedBy: "time" });
    expect(JSON.stringify(refused)).toContain("ECONNREFUSED");
  });

  it.each([
    "evil.example",
    "evil.example/.azurecr.io",
    "user@x.azurecr.io",
    "x.azurecr.io.evil.example",
    "x.azurecr.io/path",
  ])("sends no credential to %s", async (loginServer) => {
    const publicPulls = connectPulls(clouds.AzurePublic);
    const elsewhere = { ...target(), loginServer };
    await expect(publicPulls.withPassword(elsewhere, clientId, canary)).rejects.toThrow("not a registry of this cloud");
    await expect(publicPulls.withEntraToken(elsewhere, canary)).rejects.toThrow("not a registry of this cloud");
  });
});
