import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, automation, caller, type GraphCall } from "./callers.ts";

let cloud: TestCloud;
let admin: GraphCall;
beforeAll(async () => {
  cloud = await testCloud();
  admin = await administrator(cloud);
});
afterAll(() => cloud.close());

test("names of properties are matched in any case, and answered as Graph spells them", async () => {
  const { body } = await admin(
    "GET",
    `/applications?$filter=AppId eq '${cloud.env1("CLIENT_ID")}'&$select=AppId,DISPLAYNAME`,
  );
  expect(body.value).toEqual([{ appId: cloud.env1("CLIENT_ID"), displayName: "Administrator's command line" }]);
  const principals = await admin("GET", `/servicePrincipals?$filter=APPID eq '${cloud.env1("CLIENT_ID")}'`);
  expect(principals.body.value).toHaveLength(1);
});

test.each([
  ["/applications?$filter=nonsense eq 'x'", "nonsense", "application"],
  ["/applications?$select=id,nonsense", "nonsense", "application"],
  ["/servicePrincipals?$filter=startswith(nonsense,'x')", "nonsense", "servicePrincipal"],
  ["/groups?$select=appId", "appId", "group"],
])("%s is a bad request that names property and type", async (path, property, type) => {
  expect(await admin("GET", path)).toMatchObject({
    status: 400,
    body: {
      error: {
        code: "BadRequest",
        message: expect.stringContaining(
          `Could not find a property named '${property}' on type 'microsoft.graph.${type}'`,
        ),
      },
    },
  });
});

test("a property Graph has and this cloud does not show is no mistake", async () => {
  expect((await admin("GET", "/applications?$select=id,verifiedPublisher")).status).toBe(200);
});

test.each([
  ["/users", "users"],
  ["/applications/20000000-0000-4000-8000-000000000102/owners", "owners"],
  ["/applications(appId='10000000-0000-4000-8000-000000000101')/owners", "owners"],
  ["/applications/$count/x", "x"],
])("the refusal of %s names the segment %s", async (path, segment) => {
  expect(await admin("GET", path)).toMatchObject({
    status: 400,
    body: { error: { message: `Resource not found for the segment '${segment}'.` } },
  });
});

test("an application has no /me, and is told why", async () => {
  expect(await admin("GET", "/me")).toMatchObject({
    status: 400,
    body: { error: { message: "/me request is only valid with delegated authentication flow." } },
  });
});

test("identifierUris need a verified domain, or in api:// the application's or the tenant's id", async () => {
  const { body: app } = await admin("POST", "/applications", { displayName: "with uris" });
  const set = async (uri: string): Promise<unknown> => {
    const { status, body } = await admin("PATCH", `/applications/${app.id}`, { identifierUris: [uri] });
    return status === 204 ? "set" : body.error.details[0].code;
  };
  expect(await set("https://somewhere.example/app")).toBe("HostNameNotOnVerifiedDomain");
  expect(await set("api://any-word")).toBe("HostNameNotOnVerifiedDomain");
  expect(await set("https://notcontoso-apps.example/app")).toBe("HostNameNotOnVerifiedDomain");
  expect(await set("https://contoso-apps.example/app")).toBe("set");
  expect(await set("https://deep.contoso-apps.example")).toBe("set");
  expect(await set(`api://${app.appId}`)).toBe("set");
  expect(await set(`api://${cloud.env1("TENANT_A")}/app`)).toBe("set");
});

describe("Microsoft's own service principals", () => {
  const first = async (call: GraphCall, appId: string): Promise<number> =>
    (await call("GET", `/servicePrincipals(appId='${appId}')`)).status;

  test("are in every tenant, with the permissions that clients look up", async () => {
    for (const key of ["TENANT_A", "TENANT_B"]) {
      const call = await administrator(cloud, key);
      expect(await first(call, "6dae42f8-4368-4678-94ff-3960e28e3630")).toBe(200);
      const { body } = await call("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
      expect(body).toMatchObject({ displayName: "Microsoft Graph", appOwnerOrganizationId: expect.any(String) });
      expect(body.appRoles).toContainEqual(expect.objectContaining({ value: "Application.ReadWrite.OwnedBy" }));
      expect(body.oauth2PermissionScopes).toContainEqual(expect.objectContaining({ value: "User.Read" }));
    }
  });

  test("of the registry service is where a registry is, and is made elsewhere", async () => {
    const appId = "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26";
    expect(await first(await administrator(cloud, "TENANT_B"), appId)).toBe(200);
    expect(await first(admin, appId)).toBe(404);
    expect((await admin("POST", "/servicePrincipals", { appId })).status).toBe(201);
    expect(await first(admin, appId)).toBe(200);
  });

  test("are the audience of tokens for clusters", async () => {
    const scope = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";
    await expect(cloud.credential("TENANT_A", "").getToken(scope)).resolves.toHaveProperty("token");
  });
});

test("a token of another audience opens nothing", async () => {
  const { token } = await cloud.credential("TENANT_A", "").getToken("6dae42f8-4368-4678-94ff-3960e28e3630/.default");
  expect((await caller(cloud, token)("GET", "/applications")).status).toBe(401);
});

test("a list comes in pages of the size asked for, and of a hundred where nobody asks", async () => {
  const owner = await automation(cloud);
  for (let count = 0; count < 120; count += 1)
    await owner("POST", "/applications", { displayName: `paged ${String(count).padStart(3, "0")}` });
  const filter = "$filter=startswith(displayName,'paged ')&$select=displayName";
  const namesOn = async (query: string): Promise<string[][]> => {
    const pages: string[][] = [];
    for (let path: string | undefined = `/applications?${query}`; path !== undefined;) {
      const { body } = await admin("GET", path);
      pages.push(body.value.map(({ displayName }: { displayName: string }) => displayName));
      path = body["@odata.nextLink"]?.split("/v1.0")[1];
    }
    return pages;
  };
  const whole = await namesOn(filter);
  expect(whole.map(({ length }) => length)).toEqual([100, 20]);
  const small = await namesOn(`${filter}&$top=50`);
  expect(small.map(({ length }) => length)).toEqual([50, 50, 20]);
  expect(small.flat()).toEqual(whole.flat());
  expect(new Set(whole.flat()).size).toBe(120);
  const counted = await admin("GET", `/applications?${filter}&$top=1&$count=true`, undefined, {
    ConsistencyLevel: "eventual",
  });
  expect(counted.body).toMatchObject({ "@odata.count": 120, value: [expect.anything()] });
});

test.each([
  ["$top=0", "Request_UnsupportedQuery", "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."],
  ["$top=1000", "Request_UnsupportedQuery", "Invalid page size specified: '1000'"],
  ["$top=some", "BadRequest", "some"],
  ["$skip=1", "Request_BadRequest", "'$skip' is not supported by the service."],
  ["$skiptoken=nonsense", "Directory_ExpiredPageToken", "page token"],
  ["$orderby=displayName", "Request_UnsupportedQuery", "$orderby"],
  ["$expand=owners", "Request_UnsupportedQuery", "$expand"],
  ["$search=displayName", "Request_UnsupportedQuery", "$search"],
  ["$unheard=1", "Request_BadRequest", "Unrecognized query argument specified: '$unheard'."],
  ["select=appId", "Request_BadRequest", "Unrecognized query argument specified: 'select'."],
  ["$filter=nonsense eq 1", "BadRequest", "Could not find a property named 'nonsense'"],
])("what a list does not understand is refused and never passed over: %s", async (query, code, message) => {
  for (const collection of [
    "applications",
    "servicePrincipals",
    "groups",
    "directory/deletedItems/microsoft.graph.application",
  ])
    expect(await admin("GET", `/${collection}?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code, message: expect.stringContaining(message) } },
    });
});

test("of one object a query argument that nobody knows is refused too", async () => {
  const one = `/applications(appId='${cloud.env1("CLIENT_ID")}')`;
  expect((await admin("GET", `${one}?$select=appId`)).status).toBe(200);
  expect(await admin("GET", `${one}?fields=appId`)).toMatchObject({
    status: 400,
    body: { error: { message: "Unrecognized query argument specified: 'fields'." } },
  });
});
