import type { Vault } from "../../src/azure/clients.ts";
import { sharing } from "../../src/azure/sharing.ts";
import { connectVault } from "../../src/azure/vault.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { anyCredentials, standIn, type Answer, type Asked, type StandIn } from "./standIn.ts";

const name = "pull-one";
const about = { expiresAt: "2027-05-20T00:00:00.000Z", tags: { keyId: "k1" } };
const conflict = (code: string): Answer => ({
  status: 409,
  body: { error: { code: "Conflict", message: `Secret is in conflict: ${code}`, innererror: { code } } },
});
const deletedButRecoverable = conflict("ObjectIsDeletedButRecoverable");

describe("the vault's words", () => {
  let service: StandIn;
  let vault: Vault;
  beforeAll(async () => {
    service = await standIn();
    vault = connectVault(service.url, service.cloud, anyCredentials());
  });
  afterAll(() => service.close());

  const version = (id: string, enabled = true): object => ({
    id: `${service.url}/secrets/${name}/${id}`,
    attributes: { enabled },
    tags: {},
  });
  /** Answers by the first rule whose text the request has in it, once it is signed in. */
  function answering(...rules: readonly (readonly [string, Answer | (() => Answer)])[]): void {
    service.answer((asked: Asked) => {
      if (!asked.headers["authorization"]) {
        const challenge = `Bearer authorization="${service.url}/t", resource="https://vault.azure.net"`;
        return { status: 401, headers: { "www-authenticate": challenge } };
      }
      const [, answer = { status: 404 }] = rules.find(([text]) => `${asked.method} ${asked.path}`.includes(text)) ?? [];
      return typeof answer === "function" ? answer() : answer;
    });
  }
  const put = (): ReturnType<Vault["put"]> => vault.put(name, new Secret("a-secret-value"), about);

  it("let a deleted secret be recovered, and its old versions not come back to life", async () => {
    let isDeleted = true;
    answering(
      [`PUT /secrets/${name}`, () => (isDeleted ? deletedButRecoverable : { status: 200, body: version("new") })],
      [
        `POST /deletedsecrets/${name}/recover`,
        () => {
          isDeleted = false;
          return { status: 200, body: version("old") };
        },
      ],
      [`GET /secrets/${name}/versions`, { status: 200, body: { value: [version("old"), version("older", false)] } }],
      [
        `GET /secrets/${name}/`,
        () => (isDeleted ? { status: 404 } : { status: 200, body: { ...version("old"), value: "x" } }),
      ],
      [`PATCH /secrets/${name}/old`, { status: 200, body: version("old", false) }],
    );
    expect(await put()).toEqual({ outcome: "put", version: "new" });
    const changes = service.asked.filter(({ method }) => method === "PATCH");
    expect(changes.map(({ body }) => JSON.parse(body))).toEqual([{ attributes: { enabled: false } }]);
  });

  it.each(["ObjectIsBeingRecovered", "ObjectIsBeingDeleted"])("ask for patience: %s", async (code) => {
    answering(["PUT", conflict(code)], ["GET", { status: 200, body: { value: [] } }]);
    await expect(put()).rejects.toThrow(TransientError);
  });

  it("send secrets with a content type, an end and their tags", async () => {
    answering(["PUT", { status: 200, body: version("new") }]);
    await put();
    expect(JSON.parse(service.asked.at(-1)?.body ?? "")).toMatchObject({
      contentType: "text/plain",
      attributes: { exp: Date.parse(about.expiresAt) / 1000 },
      tags: about.tags,
    });
  });

  it("that never come keep nobody else waiting longer than one call may last", async () => {
    answering(["GET", { status: 200, body: { value: [version("one")] } }]);
    let asked = 0;
    const good = await anyCredentials().credentialFor("t");
    const stuck = { getToken: () => ((asked += 1) === 1 ? new Promise<never>(() => undefined) : good.getToken("x")) };
    const fresh = connectVault(service.url, service.cloud, {
      ...anyCredentials(),
      challengeCredential: sharing(stuck),
    });
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const spy = jest.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(300));
    const alive = setInterval(() => undefined, 1000);
    await expect(fresh.versions(name)).rejects.toThrow(TransientError);
    spy.mockRestore();
    clearInterval(alive);
    expect(await fresh.versions(name)).toHaveLength(1);
  });

  it("lead to no page at another address", async () => {
    const elsewhere = await standIn();
    answering(["GET", { status: 200, body: { value: [version("one")], nextLink: `${elsewhere.url}/next` } }]);
    await expect(vault.versions(name)).rejects.toThrow("leads to an address outside");
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.close();
  });

  it("do not keep a disabled or removed version from being disabled, and wait where we may not", async () => {
    answering(["PATCH", { status: 404 }]);
    await expect(vault.disable(name, "one")).resolves.toBeUndefined();
    answering(["PATCH", { status: 403, body: { error: { code: "Forbidden" } } }]);
    await expect(vault.disable(name, "one")).rejects.toThrow(TransientError);
  });
});
