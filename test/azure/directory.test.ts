import { inspect } from "node:util";
import type { Directory } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { simulate, type Simulated } from "./simulated.ts";

const canary = "canary-Ab1~secret-of-graph-4711";
const redirectUris = ["https://crosspull.example/api/consent", "https://www.microsoft.com"];
const expiresAt = "2027-05-20T00:00:00.000Z";
const throttled = { status: 429, headers: { "Retry-After": "0" } };

describe("the directory", () => {
  let simulated: Simulated;
  let directory: Directory;
  let tenant: string;

  beforeAll(async () => {
    simulated = await simulate();
    directory = simulated.azure.directory;
    tenant = simulated.tenantA;
  });
  afterAll(() => simulated.close());
  beforeEach(() => simulated.control("POST", "/control/reset"));

  async function putApplication(uniqueName = "crosspull-one"): Promise<{ appId: string; objectId: string }> {
    const application = await directory.putApplication(tenant, { uniqueName, displayName: "One", redirectUris });
    if (application.outcome !== "put") throw new Error(application.detail);
    return application;
  }
  function addPassword(objectId: string, displayName = "crosspull operation"): ReturnType<Directory["addPassword"]> {
    return directory.addPassword(tenant, objectId, { displayName, expiresAt });
  }

  describe("objectsMade", () => {
    it("counts the applications and service principals we own", async () => {
      expect(await directory.objectsMade(tenant)).toEqual({ outcome: "known", value: 0 });
      const { appId } = await putApplication("crosspull-counted");
      await directory.putServicePrincipal(tenant, appId);
      expect(await directory.objectsMade(tenant)).toEqual({ outcome: "known", value: 2 });
    });
  });

  describe("putApplication", () => {
    it("makes the application once, and finds it when asked again", async () => {
      const application = { uniqueName: "crosspull-one", displayName: "One", redirectUris };
      const first = await directory.putApplication(tenant, application);
      const again = await directory.putApplication(tenant, application);
      expect(first).toMatchObject({ outcome: "put" });
      expect(again).toEqual(first);
    });

    it("asks for a multitenant application that is locked and wants User.Read only", async () => {
      const { appId } = await putApplication();
      const state = JSON.stringify(await simulated.control("GET", "/control/state"));
      const made = state.slice(state.indexOf(appId) - 2000, state.indexOf(appId) + 2000);
      expect(made).toContain("AzureADMultipleOrgs");
      expect(made).toContain(redirectUris[1]);
    });

    it("costs one call when the application is new", async () => {
      await putApplication("crosspull-warm");
      await simulated.calls();
      await putApplication("crosspull-two");
      expect(await simulated.calls()).toEqual({ "graph application_UpdateByUniqueName": 1 });
    });

    it("ends with one application when the first answer was lost", async () => {
      const operation = "application_UpdateByUniqueName";
      await simulated.fault({ service: "graph", operation, effect: "after", cut: true, times: 3 });
      await expect(putApplication()).rejects.toThrow(TransientError);
      const first = await putApplication();
      expect(await putApplication()).toEqual(first);
    });

    it("waits out a throttled answer", async () => {
      await simulated.fault({ service: "graph", operation: "application_UpdateByUniqueName", ...throttled });
      expect(await putApplication()).toMatchObject({ outcome: "put" });
    });

    it.each([
      [404, "Request_ResourceNotFound"],
      [409, "Directory_ConcurrencyViolation"],
      [500, "InternalServerError"],
    ])("takes %i %s for something time cures", async (status, code) => {
      const body = { error: { code, message: "Not now." } };
      await simulated.fault({ service: "graph", operation: "application_Update*", status, body, times: 3 });
      await expect(putApplication()).rejects.toThrow(TransientError);
    });

    it("says that it is forbidden where our application has no right", async () => {
      const forbidden = await directory.putApplication(simulated.tenantB, {
        uniqueName: "crosspull-b",
        displayName: "B",
        redirectUris,
      });
      expect(forbidden).toMatchObject({ outcome: "forbidden", code: "Authorization_RequestDenied" });
    });

    it("says that it is forbidden in a tenant that does not know us", async () => {
      const tenantC = simulated.env["TENANT_C"] ?? "";
      const application = { uniqueName: "crosspull-c", displayName: "C", redirectUris };
      const forbidden = await directory.putApplication(tenantC, application);
      expect(forbidden).toMatchObject({ outcome: "forbidden", code: expect.stringMatching(/^AADSTS7000\d+$/) });
    });
  });

  describe("putServicePrincipal", () => {
    it("makes one, and finds it when asked again", async () => {
      const { appId } = await putApplication();
      expect(await directory.findServicePrincipal(tenant, appId)).toMatchObject({ outcome: "missing" });
      const first = await directory.putServicePrincipal(tenant, appId);
      expect(first).toMatchObject({ outcome: "put" });
      expect(await directory.putServicePrincipal(tenant, appId)).toEqual(first);
      expect(await directory.findServicePrincipal(tenant, appId)).toEqual({
        outcome: "found",
        objectId: first.outcome === "put" && first.objectId,
        appId,
        enabled: true,
        ownerTenantId: tenant,
        audience: "AzureADMultipleOrgs",
      });
    });

    it("survives a lost answer", async () => {
      const { appId } = await putApplication();
      await simulated.fault({ service: "graph", operation: "servicePrincipal_Create", effect: "after", cut: true });
      expect(await directory.putServicePrincipal(tenant, appId)).toMatchObject({ outcome: "put" });
    });

    it("takes an application that no replica has seen yet for something time cures", async () => {
      const unseen = directory.putServicePrincipal(tenant, "99999999-0000-4000-8000-000000000001");
      await expect(unseen).rejects.toThrow(TransientError);
    });
  });

  describe("passwords", () => {
    it("are added with a value that is shown nowhere, listed without it, and removed twice without complaint", async () => {
      await simulated.control("POST", "/control/next-password", { value: canary });
      const { objectId } = await putApplication();
      const added = await addPassword(objectId);
      if (added.outcome !== "added") throw new Error(added.detail);
      expect(added.value.reveal()).toBe(canary);
      expect(inspect(added, { depth: 9, showHidden: true }) + JSON.stringify(added)).not.toContain(canary);
      const { passwords, readAt } = await directory.listPasswords(tenant, objectId);
      expect(passwords).toEqual([
        { keyId: added.keyId, displayName: "crosspull operation", startsAt: expect.any(String), expiresAt },
      ]);
      expect(Math.abs(Date.parse(readAt) - Date.now())).toBeLessThan(60_000);
      const remove = () => directory.removePassword(tenant, objectId, added.keyId);
      expect(await remove()).toEqual({ outcome: "removed" });
      expect(await remove()).toEqual({ outcome: "removed" });
      expect((await directory.listPasswords(tenant, objectId)).passwords).toEqual([]);
    });

    it("are not added again by themselves when the answer was lost: the stray is there to be found by its name", async () => {
      const { objectId } = await putApplication();
      const answer = { status: 503, headers: { "Retry-After": "0" } };
      await simulated.fault({ service: "graph", operation: "application_AddPassword", effect: "after", ...answer });
      await expect(addPassword(objectId)).rejects.toThrow(TransientError);
      const { passwords: strays } = await directory.listPasswords(tenant, objectId);
      expect(strays.map(({ displayName }) => displayName)).toEqual(["crosspull operation"]);
    });

    it("are added after a throttled answer", async () => {
      const { objectId } = await putApplication();
      await simulated.fault({ service: "graph", operation: "application_AddPassword", ...throttled });
      expect(await addPassword(objectId)).toMatchObject({ outcome: "added" });
      expect((await directory.listPasswords(tenant, objectId)).passwords).toHaveLength(1);
    });

    it("are not removed while they are still listed, though the removal is answered with 204", async () => {
      const { objectId } = await putApplication();
      const added = await addPassword(objectId);
      if (added.outcome !== "added") throw new Error(added.detail);
      await simulated.fault({ service: "graph", operation: "application_RemovePassword", status: 204 });
      const remove = () => directory.removePassword(tenant, objectId, added.keyId);
      expect(await remove()).toMatchObject({ outcome: "notYet" });
      expect(await remove()).toEqual({ outcome: "removed" });
    });

    it("are listed with the name and the end that Graph gave them, whatever was asked for", async () => {
      const { objectId } = await putApplication();
      const planted = { displayName: null, endDateTime: "2028-01-01T00:00:00.000Z" };
      await simulated.control("POST", "/control/next-password", planted);
      expect(await addPassword(objectId)).toMatchObject({ outcome: "added", expiresAt: planted.endDateTime });
      const { passwords } = await directory.listPasswords(tenant, objectId);
      expect(passwords).toMatchObject([{ displayName: "", expiresAt: planted.endDateTime }]);
    });

    it.each([
      [400, "CredentialTypeNotAllowedAsPerAppPolicy", "policy", "forbids passwords"],
      [400, "CredentialInvalidLifetimeAsPerAppPolicy", "tooLong", "live so long"],
      [400, "KeyCredentialsInvalidEndDate", "dates", "not after now"],
      [400, "KeyCredentialsInvalidStartDate", "dates", "start of the password"],
      [401, "InvalidAuthenticationToken", "forbidden", "Application.ReadWrite.OwnedBy"],
    ])("refused with %i %s are forbidden by %s", async (status, code, outcome, words) => {
      const { objectId } = await putApplication();
      const body = { error: { code, message: `No to ${canary}.` } };
      await simulated.fault({ service: "graph", operation: "application_AddPassword", status, body });
      const refused = await addPassword(objectId);
      expect(refused).toMatchObject({ outcome, code, detail: expect.stringContaining(words) });
      expect(JSON.stringify(refused)).not.toContain(canary);
    });
  });

  it("refuses ids that would change the path", async () => {
    await expect(directory.deleteApplication(tenant, "x/../users")).rejects.toThrow("not a GUID");
  });
});
