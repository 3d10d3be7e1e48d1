import { createHash } from "node:crypto";
import { clouds } from "../../src/azure/clouds.ts";
import type { PullAnswer, PullTarget } from "../../src/azure/clients.ts";
import { connectPulls } from "../../src/azure/pulls.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { standIn, tokenWith, type Answer, type Asked, type StandIn } from "./standIn.ts";

const clientId = "10000000-0000-4000-8000-000000000001";
const canary = new Secret("canary-Ab1~secret-of-registry-4711");
const manifest = JSON.stringify({ schemaVersion: 2, layers: [] });
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const allowing = (actions: readonly string[], name = "team/app"): string =>
  tokenWith({ access: [{ type: "repository", name, actions }] });
const refreshToken = tokenWith({ exp: 4_000_000_000 });
const denied = (message: string): Answer => ({ status: 403, body: { errors: [{ code: "DENIED", message }] } });
const firewall = denied("client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall.");
const unauthorized = (body: object): Answer => ({ status: 401, body });

/** A registry that grants pulls of team/app:v1 unless told otherwise. */
function registry(changed: Partial<Record<"exchange" | "token" | "manifest", Answer>> = {}) {
  return ({ path, headers }: Asked): Answer => {
    if (path.startsWith("/oauth2/exchange")) {
      return changed.exchange ?? { status: 200, body: { refresh_token: refreshToken } };
    }
    if (path.startsWith("/oauth2/token")) {
      return changed.token ?? { status: 200, body: { access_token: allowing(["pull"]) } };
    }
    if (!headers["authorization"]) {
      const challenge = 'Bearer realm="https://x/oauth2/token",service="x",scope="repository:team/app:pull"';
      return { status: 401, headers: { "www-authenticate": challenge }, body: { errors: [{ code: "UNAUTHORIZED" }] } };
    }
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
    return { loginServer: service.host, repository: "team/app", reference };
  }
  const pulls = (): ReturnType<typeof connectPulls> => connectPulls(service.cloud);
  const ways: readonly [string, (reference?: string | null) => Promise<PullAnswer>][] = [
    ["with a password", (reference) => pulls().withPassword(target(reference), clientId, canary)],
    ["with an Entra token", (reference) => pulls().withEntraToken(target(reference), canary)],
  ];

  describe.each(ways)("%s", (_name, pull) => {
    it("ends with the manifest's digest, type and size", async () => {
      service.answer(registry());
      const sizeInBytes = manifest.length;
      expect(await pull()).toEqual({ outcome: "pulled", digest, mediaType, sizeInBytes });
    });

    it("of no image ends once the registry's token allows it", async () => {
      service.answer(registry());
      expect(await pull(null)).toEqual({ outcome: "pulled", digest: null, mediaType: null, sizeInBytes: null });
      expect(service.asked.map(({ path }) => path.split("?")[0])).not.toContain("/v2/team/app/manifests/v1");
    });

    it.each([
      ["no actions", allowing([])],
      ["other actions", allowing(["push", "metadata_read"])],
      ["another repository", allowing(["pull"], "team/other")],
      ["no access list", tokenWith({ sub: "x" })],
      ["no JWT", "opaque"],
    ])("of no image stops at the access list of a token with %s", async (_case, token) => {
      service.answer(registry({ token: { status: 200, body: { access_token: token } } }));
      expect(await pull(null)).toMatchObject({ outcome: "refused", stage: "accessList", status: 200 });
    });

    it("stops at the manifest when the tag is not there", async () => {
      const missing = { status: 404, body: { errors: [{ code: "MANIFEST_UNKNOWN", message: "no such tag" }] } };
      service.answer(registry({ manifest: missing }));
      const refused = await pull();
      expect(refused).toMatchObject({ stage: "manifest", status: 404, detail: "MANIFEST_UNKNOWN: no such tag" });
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
      expect(refused).toMatchObject({ outcome: "refused", stage: "registryToken", status: 401 });
      expect(JSON.stringify(refused)).not.toContain(canary.reveal());
    });

    it("stops at the network when the registry's rules turn our address away", async () => {
      service.answer(() => firewall);
      expect(await pull()).toMatchObject({ outcome: "refused", stage: "network", status: 403 });
      service.answer(registry({ manifest: firewall }));
      expect(await pull()).toMatchObject({ outcome: "refused", stage: "network", status: 403 });
    });

    it("throws for what time cures", async () => {
      service.answer(registry({ token: { status: 429 }, exchange: { status: 429 } }));
      await expect(pull()).rejects.toThrow(TransientError);
    });
  });

  it("with a password asks as containerd does: POST, then GET with Basic when the registry does not take it", async () => {
    const takesGet = registry();
    service.answer((asked) => (asked.method === "POST" ? { status: 400, body: {} } : takesGet(asked)));
    expect(await pulls().withPassword(target(null), clientId, canary)).toMatchObject({ outcome: "pulled" });
    const [post, get] = service.asked;
    expect(Object.fromEntries(new URLSearchParams(post?.body))).toEqual({
      ...{ grant_type: "password", service: service.host, client_id: "containerd-client" },
      ...{ scope: "repository:team/app:pull", username: clientId, password: canary.reveal() },
    });
    expect(get?.headers["authorization"]).toBe(`Basic ${btoa(`${clientId}:${canary.reveal()}`)}`);
    expect(get?.path).not.toContain(canary.reveal());
  });

  it("checks a reference by digest against that digest", async () => {
    const other = `sha256:${"0".repeat(64)}`;
    service.answer(registry({ manifest: { status: 200, headers: { "content-type": mediaType }, body: manifest } }));
    expect(await pulls().withPassword(target(other), clientId, canary)).toMatchObject({ stage: "manifest" });
    expect(await pulls().withPassword(target(digest), clientId, canary)).toMatchObject({ outcome: "pulled", digest });
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
    expect(refused).toMatchObject({ outcome: "refused", stage: "network", status: 0 });
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
