import { ensureIdentity } from "../../src/activities/ensureIdentity.ts";
import { prepareConsent } from "../../src/activities/prepareConsent.ts";
import { StaleOperation } from "../../src/domain/errors.ts";
import { born, cluster, clusterKey, identity, kept, link, linkId, operationId, worldOf } from "./world.ts";

const words = { code: "X", detail: "said Azure" };

describe("the pull identity", () => {
  const make = async (application: object, principal: object, rows = {}) => {
    const asked: unknown[] = [];
    const world = await worldOf(rows, {
      directory: {
        putApplication: async (_tenant, wanted) => (asked.push(wanted), application) as never,
        putServicePrincipal: async () => principal as never,
      },
    });
    const answer = await ensureIdentity.run({ operationId, clusterKey, cluster, linkId }, world);
    return {
      answer,
      asked,
      row: (await world.identities.read(clusterKey))?.value,
      link: (await world.links.read(linkId))?.value,
    };
  };
  const put = { outcome: "put", appId: "ours", objectId: "object" };
  const principal = { outcome: "put", objectId: "sp-a" };

  test("is made under its derived name, with both ways back from consent, and stands on both rows", async () => {
    const { answer, asked, row, link: now } = await make(put, principal);
    expect(answer).toEqual({ outcome: "ready", appId: "ours", principalId: "sp-a", createdAt: born });
    expect(asked).toEqual([
      {
        uniqueName: "crosspull-c1",
        displayName: "Crosspull image pull for aks",
        redirectUris: ["https://crosspull.example/api/consent", "https://www.microsoft.com"],
      },
    ]);
    expect([row?.appId, row?.appObjectId, now?.appId]).toEqual(["ours", "object", "ours"]);
  });

  test("with another application id than before is new: it rests again, and its old secrets are rejected", async () => {
    const old = {
      ...identity,
      appId: "before",
      createdAt: "2025-01-01T00:00:00.000Z",
      secrets: [kept("v1", "current")],
    };
    const { answer, row } = await make(put, principal, { identities: [old] });
    expect(answer).toMatchObject({ createdAt: born });
    expect(row?.secrets[0]?.state).toBe("rejected");
  });

  test.each([
    ["forbidden", "CP-DIRECTORY-FORBIDDEN"],
    ["quotaExceeded", "CP-DIRECTORY-QUOTA"],
    ["policy", "CP-DIRECTORY-POLICY"],
  ])("that Graph refuses (%s) is told as %s", async (outcome, code) => {
    const told = {
      outcome: "refused",
      problem: { code, detail: "Microsoft Graph in tenant tenant-a answered X: said Azure" },
    };
    expect((await make({ outcome, ...words }, principal)).answer).toMatchObject(told);
    // Of its service principal just so; then nothing is on the row yet.
    const { answer, row } = await make(put, { outcome, ...words }, { identities: [{ ...identity, appId: null }] });
    expect([answer, row?.appId]).toEqual([expect.objectContaining({ outcome: "refused" }), null]);
  });

  test("is not written by an operation that lost the cluster", async () => {
    await expect(make(put, principal, { identities: [{ ...identity, holder: null }] })).rejects.toEqual(
      new StaleOperation("the pull identity c1 names no operation by now"),
    );
    await expect(make(put, principal, { links: [{ ...link, operationId: "another" }] })).rejects.toEqual(
      new StaleOperation("link 1f names operation another by now"),
    );
  });
});

describe("the consent link", () => {
  test("is the same however often it is made for one operation, and another for the next", async () => {
    const world = await worldOf(
      { links: [link] },
      { entra: { adminConsentUrl: ({ state }) => `v2?${state}`, authorizeUrl: ({ state }) => `v1?${state}` } },
    );
    const input = { operationId, linkId, registryTenantId: "tenant-b", appId: "ours", expiresAt: born };
    const first = await prepareConsent.run(input, world);
    expect(await prepareConsent.run(input, world)).toEqual(first);
    const { consent } = (await world.links.read(linkId))?.value ?? link;
    expect(consent).toMatchObject({
      url: first.url,
      authorizeUrl: expect.stringContaining(consent?.nonce ?? "?"),
      expiresAt: born,
    });
    await world.links.update(linkId, (row) => ({ ...row, operationId: "next" }));
    expect((await prepareConsent.run({ ...input, operationId: "next" }, world)).url).not.toBe(first.url);
    await expect(prepareConsent.run(input, world)).rejects.toEqual(
      new StaleOperation("link 1f names operation next by now"),
    );
  });
});
