import type { Directory } from "../../src/azure/clients.ts";
import type { Credentials } from "../../src/azure/credentials.ts";
import { connectDirectory } from "../../src/azure/directory.ts";
import { daysIn } from "../../src/azure/tenantFacts.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { anyCredentials, standIn, tokenWith, type Answer, type Asked, type StandIn, refusal } from "./standIn.ts";

const tenantId = "a0000000-0000-4000-8000-000000000001";
const objectId = "20000000-0000-4000-8000-000000000001";
const appId = "10000000-0000-4000-8000-000000000001";
const keyId = "50000000-0000-4000-8000-000000000001";
const application = { uniqueName: "crosspull-one", displayName: "One", redirectUris: ["https://x.example"] };
const notFound = refusal(404, "Request_ResourceNotFound");
const taken = refusal(
  400,
  "Request_BadRequest",
  "Another object with the same value for property uniqueName already exists.",
);
const put = { outcome: "put", appId, objectId };

describe("the directory's words and replicas", () => {
  let graph: StandIn;
  let directory: Directory;
  beforeAll(async () => {
    graph = await standIn();
    directory = connectDirectory(graph.cloud, anyCredentials());
  });
  afterAll(() => graph.close());
  const asked = (): readonly string[] => graph.asked.map(({ method, path }) => `${method} ${path.split("?")[0]}`);
  /** Answers by the first rule whose text the request has in it. */
  function answering(...rules: readonly (readonly [string, Answer | ((asked: Asked) => Answer)])[]): void {
    graph.answer((one) => {
      const [, answer = notFound] = rules.find(([text]) => `${one.method} ${one.path}`.includes(text)) ?? [];
      return typeof answer === "function" ? answer(one) : answer;
    });
  }
  const putApplication = (): ReturnType<Directory["putApplication"]> => directory.putApplication(tenantId, application);

  describe("an application", () => {
    it("whose name a deleted one keeps is restored, and then put", async () => {
      let isDeleted = true;
      answering(
        ["PATCH", () => (isDeleted ? taken : { status: 204 })],
        ["GET /v1.0/applications(", { status: 200, body: { id: objectId, appId } }],
        [
          "GET /v1.0/directory/deletedItems/microsoft.graph.application?",
          () => ({
            status: 200,
            body: { value: [{ id: keyId, uniqueName: "another" }], "@odata.nextLink": `${graph.url}/v1.0/next` },
          }),
        ],
        ["GET /v1.0/next", { status: 200, body: { value: [{ id: objectId, uniqueName: "crosspull-one" }] } }],
        [
          `POST /v1.0/directory/deletedItems/${objectId}/restore`,
          () => {
            isDeleted = false;
            return { status: 200, body: { id: objectId } };
          },
        ],
      );
      expect(await putApplication()).toEqual(put);
    });

    it("whose name is taken by nothing that can be seen is a matter of time", async () => {
      answering(["PATCH", taken], ["GET", { status: 200, body: { value: [] } }]);
      await expect(putApplication()).rejects.toThrow(TransientError);
    });

    it("whose name a deleted one keeps that we may not restore is forbidden, and says so", async () => {
      answering(["PATCH", taken], ["GET", refusal(403, "Authorization_RequestDenied")]);
      expect(await putApplication()).toMatchObject({
        outcome: "forbidden",
        code: "Authorization_RequestDenied",
        detail: expect.stringContaining("a deleted application keeps the name crosspull-one"),
      });
    });

    it.each([
      [403, "Directory_QuotaExceeded", "The directory object quota limit is used up.", "quotaExceeded"],
      [403, "Authorization_RequestDenied", "No right.", "forbidden"],
      [400, "Request_BadRequest", "The value of 'signInAudience' is not allowed as per assigned policy.", "policy"],
    ])("refused with %i %s (%s) is %s", async (status, code, message, outcome) => {
      answering(["PATCH", refusal(status, code, message)]);
      expect(await putApplication()).toEqual({ outcome, code, detail: message });
    });

    it("that is refused as a bad request is a defect, not a matter of time", async () => {
      answering(["PATCH", refusal(400, "Request_BadRequest", "Invalid value.")]);
      const error: unknown = await putApplication().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(TransientError);
    });

    it("that is deleted is purged too, and read until no replica shows it", async () => {
      answering(["DELETE", { status: 204 }]);
      expect(await directory.deleteApplication(tenantId, objectId)).toEqual({ outcome: "removed" });
      expect(asked().slice(0, 2)).toEqual([
        `DELETE /v1.0/applications/${objectId}`,
        `DELETE /v1.0/directory/deletedItems/${objectId}`,
      ]);
      const reads = asked().slice(2);
      expect(reads.filter((one) => one === `GET /v1.0/applications/${objectId}`)).toHaveLength(3);
    });

    it.each([
      ["shows it", "GET /v1.0/applications/"],
      ["keeps it among the deleted", "GET /v1.0/directory/deletedItems/"],
    ])("that a replica %s is not removed yet", async (_name, path) => {
      let reads = 0;
      answering(
        ["DELETE", notFound],
        [path, () => ((reads += 1) === 2 ? { status: 200, body: { id: objectId } } : notFound)],
      );
      expect(await directory.deleteApplication(tenantId, objectId)).toMatchObject({ outcome: "notYet" });
    });

    it("that we may not purge is not removed yet", async () => {
      answering(
        ["DELETE /v1.0/applications", { status: 204 }],
        ["DELETE", refusal(403, "Authorization_RequestDenied")],
      );
      const detail = expect.stringContaining("purge");
      expect(await directory.deleteApplication(tenantId, objectId)).toEqual({ outcome: "notYet", detail });
    });
  });

  describe("a password", () => {
    const add = (): ReturnType<Directory["addPassword"]> =>
      directory.addPassword(tenantId, objectId, { displayName: "one", expiresAt: "2027-05-20T00:00:00Z" });
    const madeAgo = (ms: number): Answer => ({
      status: 200,
      body: { createdDateTime: new Date(Date.now() - ms).toISOString() },
    });

    it("refused while the application is new is a matter of time: its owner is not known everywhere", async () => {
      answering(["POST", refusal(403, "Authorization_RequestDenied")], ["GET", madeAgo(30_000)]);
      await expect(add()).rejects.toThrow(TransientError);
    });

    it("refused later is forbidden", async () => {
      answering(["POST", refusal(403, "Authorization_RequestDenied")], ["GET", madeAgo(3_600_000)]);
      expect(await add()).toMatchObject({ outcome: "forbidden", code: "Authorization_RequestDenied" });
    });

    it("that a replica still shows is not removed yet, whatever was answered", async () => {
      for (const answer of [
        { status: 204 },
        notFound,
        refusal(400, "Request_BadRequest", "No password credential found"),
      ]) {
        let reads = 0;
        const passwordCredentials = [{ keyId, displayName: "one", endDateTime: "2027-05-20T00:00:00Z" }];
        answering(
          ["POST", answer],
          ["GET", () => ({ status: 200, body: (reads += 1) === 3 ? { passwordCredentials } : {} })],
        );
        expect(await directory.removePassword(tenantId, objectId, keyId)).toMatchObject({ outcome: "notYet" });
      }
    });

    it("whose key id a certificate bears too is told by the passwords alone, and nothing else is changed", async () => {
      answering(
        ["POST", { status: 204 }],
        ["GET", { status: 200, body: { keyCredentials: [{ keyId, type: "AsymmetricX509Cert" }] } }],
      );
      expect(await directory.removePassword(tenantId, objectId, keyId)).toEqual({ outcome: "removed" });
      expect(asked().filter((one) => !one.startsWith("GET"))).toEqual([
        `POST /v1.0/applications/${objectId}/removePassword`,
      ]);
    });

    it("is asked for without a start, and is what Graph answers", async () => {
      const answered = {
        keyId: keyId.toUpperCase(),
        displayName: null,
        startDateTime: "2026-05-20T00:00:00Z",
        endDateTime: "2028-01-01T00:00:00Z",
        secretText: "a-value",
      };
      answering(["POST", { status: 200, body: answered }]);
      expect(await add()).toMatchObject({ outcome: "added", keyId, expiresAt: "2028-01-01T00:00:00.000Z" });
      const { body } = graph.asked[0] ?? {};
      expect(JSON.parse(body ?? "")).toEqual({
        passwordCredential: { displayName: "one", endDateTime: "2027-05-20T00:00:00Z" },
      });
    });

    const listed = { keyId, displayName: null, startDateTime: null, endDateTime: "2027-05-20T00:00:00Z" };
    const read = { keyId, displayName: "", startsAt: null, expiresAt: "2027-05-20T00:00:00.000Z" };

    it("is listed with the time by Graph's own clock, or by ours where Graph does not say", async () => {
      const body = { passwordCredentials: [listed] };
      const list = () => directory.listPasswords(tenantId, objectId);
      answering(["GET", { status: 200, headers: { date: "Wed, 20 May 2026 12:34:56 GMT" }, body }]);
      expect(await list()).toEqual({ passwords: [read], readAt: "2026-05-20T12:34:56.000Z" });
      answering(["GET", { status: 200, headers: { date: "no date" }, body }]);
      expect(Math.abs(Date.parse((await list()).readAt) - Date.now())).toBeLessThan(60_000);
    });

    it("is on no application that is not there, unless it is one that a replica may not see yet", async () => {
      answering();
      await expect(directory.listPasswords(tenantId, objectId)).rejects.toThrow(TransientError);
      expect(await directory.listPasswords(tenantId, objectId, { orNone: true })).toMatchObject({ passwords: [] });
    });

    it("of the service principal itself is listed apart; a principal that is not there has none", async () => {
      const list = () => directory.listPrincipalPasswords(tenantId, appId);
      answering(["GET", { status: 200, body: { passwordCredentials: [listed] } }]);
      expect(await list()).toEqual([read]);
      expect(asked()).toEqual([`GET /v1.0/servicePrincipals(appId='${appId}')`]);
      answering();
      expect(await list()).toEqual([]);
    });

    it("of an application that is gone is gone", async () => {
      answering();
      expect(await directory.removePassword(tenantId, objectId, keyId)).toEqual({ outcome: "removed" });
      expect(asked().filter((one) => one.startsWith("GET"))).toHaveLength(3);
    });
  });

  describe("a service principal", () => {
    it("beyond the quota is told from a missing right", async () => {
      answering(["POST", refusal(403, "Directory_QuotaExceeded")]);
      expect(await directory.putServicePrincipal(tenantId, appId)).toMatchObject({ outcome: "quotaExceeded" });
      answering(["POST", refusal(403, "Authorization_RequestDenied")]);
      expect(await directory.putServicePrincipal(tenantId, appId)).toMatchObject({ outcome: "forbidden" });
    });

    it("that is there and not seen yet is a matter of time", async () => {
      answering(["POST", refusal(409, "Request_MultipleObjectsWithSameKeyValue")]);
      await expect(directory.putServicePrincipal(tenantId, appId)).rejects.toThrow(TransientError);
    });

    it("has the groups it is in, also through others, and no directory roles", async () => {
      const value = [
        { "@odata.type": "#microsoft.graph.group", id: "g1" },
        { "@odata.type": "#microsoft.graph.directoryRole", id: "r1" },
        { id: "g2" },
      ];
      answering(
        ["/memberOf", { status: 200, body: { value: [{ id: "g1" }] } }],
        ["/transitiveMemberOf", { status: 200, body: { value } }],
      );
      expect(await directory.groupsOf(tenantId, objectId)).toEqual({ ids: ["g1", "g2"], unseen: null });
    });

    it("has at least the groups it is in itself, where no others may be read", async () => {
      const denied = refusal(403, "Authorization_RequestDenied");
      const own = { status: 200, body: { value: [{ id: "g1" }] } };
      answering(["/transitiveMemberOf", denied], ["/memberOf", own]);
      expect(await directory.groupsOf(tenantId, objectId)).toMatchObject({
        ids: ["g1"],
        unseen: expect.stringContaining("Authorization_RequestDenied"),
      });
      answering(["/memberOf", denied]);
      expect(await directory.groupsOf(tenantId, objectId)).toMatchObject({
        ids: [],
        unseen: expect.stringContaining("Authorization_RequestDenied"),
      });
    });

    it("in no group itself is in none through others, which are not asked for", async () => {
      answering(["/memberOf", { status: 200, body: { value: [] } }]);
      expect(await directory.groupsOf(tenantId, objectId)).toEqual({ ids: [], unseen: null });
    });

    it.each<[Answer, object]>([
      [notFound, { outcome: "missing" }],
      [refusal(403, "Authorization_RequestDenied"), { outcome: "forbidden" }],
      [refusal(401, "AADSTS7000229"), { outcome: "noToken" }],
    ])("that cannot be read says why: %j", async (answer, outcome) => {
      answering(["GET", answer]);
      expect(await directory.findServicePrincipal(tenantId, appId)).toMatchObject(outcome);
    });
  });

  describe("the tenant's rules for us", () => {
    const signedInWith = (claims: object): Directory => {
      const token = { token: tokenWith(claims), expiresOnTimestamp: Date.now() + 3_600_000 };
      const credentials: Credentials = {
        ...anyCredentials(),
        credentialFor: async () => ({ getToken: async () => token }),
      };
      return connectDirectory(graph.cloud, credentials);
    };

    it("begin with what our token allows", async () => {
      const roles = ["Application.ReadWrite.OwnedBy"];
      expect(await signedInWith({ roles }).ourPermissions(tenantId)).toEqual({ outcome: "known", value: roles });
      expect(await signedInWith({}).ourPermissions(tenantId)).toEqual({ outcome: "known", value: [] });
      expect(await signedInWith({ scp: "x" }).ourPermissions(tenantId)).toMatchObject({ outcome: "unknown" });
      const getToken = (): Promise<never> =>
        Promise.reject(Object.assign(new Error("AADSTS7000229: no"), { name: "AuthenticationRequiredError" }));
      const strangers = { ...anyCredentials(), credentialFor: async () => ({ getToken }) };
      const unknown = connectDirectory(graph.cloud, strangers);
      expect(await unknown.ourPermissions(tenantId)).toMatchObject({ outcome: "noToken", code: "AADSTS7000229" });
    });

    it("count what we have made, deleted applications and their service principals included", async () => {
      answering(
        [`/servicePrincipals/${objectId}/ownedObjects`, { status: 200, body: { value: [{ id: "1" }, { id: "2" }] } }],
        [
          "/deletedItems/",
          {
            status: 200,
            body: {
              value: [
                { id: "3", uniqueName: "crosspull-x" },
                { id: "4", uniqueName: null },
              ],
            },
          },
        ],
      );
      const ours = signedInWith({ oid: objectId });
      expect(await ours.objectsMade(tenantId)).toEqual({ outcome: "known", value: 4 });
      answering(["GET", refusal(403, "Authorization_RequestDenied")]);
      expect(await ours.objectsMade(tenantId)).toMatchObject({ outcome: "unknown" });
    });

    it.each<[string, readonly object[], object]>([
      ["is there", [{ id: "1", "@odata.type": "#microsoft.graph.directoryRole" }], { outcome: "known", value: true }],
      ["is not there", [], { outcome: "known", value: false }],
      [
        "may come through a group",
        [{ id: "2", "@odata.type": "#microsoft.graph.group" }],
        { outcome: "unknown", detail: "our identity may have a directory role through a group" },
      ],
    ])("tell whether a directory role of ours %s", async (_what, value, told) => {
      answering([`/servicePrincipals/${objectId}/memberOf`, { status: 200, body: { value } }]);
      expect(await signedInWith({ oid: objectId }).hasDirectoryRole(tenantId)).toEqual(told);
      answering(["GET", refusal(403, "Authorization_RequestDenied")]);
      expect(await signedInWith({ oid: objectId }).hasDirectoryRole(tenantId)).toMatchObject({ outcome: "unknown" });
      expect(await signedInWith({}).hasDirectoryRole(tenantId)).toMatchObject({ outcome: "unknown" });
    });

    const none = { forbidsPasswords: false, longestLifetimeInDays: null, forbidsMultitenant: false };
    it.each<[object, object]>([
      [
        {
          isEnabled: false,
          applicationRestrictions: { passwordCredentials: [{ restrictionType: "passwordAddition" }] },
        },
        none,
      ],
      [
        {
          isEnabled: true,
          applicationRestrictions: { passwordCredentials: [{ restrictionType: "passwordAddition" }] },
        },
        { ...none, forbidsPasswords: true },
      ],
      [
        {
          isEnabled: true,
          applicationRestrictions: {
            passwordCredentials: [
              { restrictionType: "passwordLifetime", maxLifetime: "P90D" },
              { restrictionType: "passwordLifetime", maxLifetime: "P1Y" },
              { restrictionType: "passwordAddition", state: "disabled" },
              { restrictionType: "passwordAddition", restrictForAppsCreatedAfterDateTime: "2999-01-01T00:00:00Z" },
            ],
          },
        },
        { ...none, longestLifetimeInDays: 90 },
      ],
      [
        { isEnabled: true, applicationRestrictions: { audiences: { azureAdMultipleOrgs: { state: "enabled" } } } },
        { ...none, forbidsMultitenant: true },
      ],
    ])("include its app management policy: %j", async (body, value) => {
      answering(["GET /v1.0/policies/defaultAppManagementPolicy", { status: 200, body }]);
      expect(await directory.credentialPolicy(tenantId)).toEqual({ outcome: "known", value });
    });

    it("are unknown where we may not read the policy", async () => {
      answering(["GET", refusal(403, "Authorization_RequestDenied")]);
      expect(await directory.credentialPolicy(tenantId)).toMatchObject({ outcome: "unknown" });
    });

    it.each([
      ["P90D", 90],
      ["P2W", 14],
      ["P4DT12H", 4.5],
      ["P1Y", 365],
      ["P", undefined],
      ["90 days", undefined],
    ])("name lifetimes as %s", (duration, days) => {
      expect(daysIn(duration)).toBe(days);
    });
  });

  it("sends no token to a page at another address", async () => {
    const elsewhere = await standIn();
    answering(["GET", { status: 200, body: { value: [], "@odata.nextLink": `${elsewhere.url}/next` } }]);
    await expect(directory.groupsOf(tenantId, objectId)).rejects.toThrow("leads to an address outside");
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.close();
  });
});
