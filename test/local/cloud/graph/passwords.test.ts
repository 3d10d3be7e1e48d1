import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, type GraphAnswer, type GraphCall } from "./callers.ts";

let cloud: TestCloud;
let graph: GraphCall;
let app: string;
beforeAll(async () => {
  cloud = await testCloud();
  graph = await administrator(cloud);
  app = `/applications/${(await graph("POST", "/applications", { displayName: "passwords" })).body.id}`;
});
afterAll(() => cloud.close());

const add = (passwordCredential: object): Promise<GraphAnswer> =>
  graph("POST", `${app}/addPassword`, { passwordCredential });
const list = async (): Promise<readonly object[]> =>
  (await graph("GET", `${app}?$select=passwordCredentials`)).body.passwordCredentials;

test("a password may get another name and end than were asked for, once, where that is planted", async () => {
  const asked = { displayName: "asked for", endDateTime: "2099-01-01T00:00:00.000Z" };
  const planted = { displayName: null, endDateTime: "2098-01-01T00:00:00.000Z" };
  expect((await cloud.control("POST", "/control/next-password", planted)).status).toBe(204);
  const { body } = await add(asked);
  expect(body).toMatchObject({ ...planted, secretText: expect.any(String) });
  expect(await list()).toContainEqual(expect.objectContaining({ keyId: body.keyId, ...planted }));
  expect((await add(asked)).body).toMatchObject(asked);
  expect((await cloud.control("POST", "/control/next-password", {})).status).toBe(400);
});

test("an end that is not after now, by the directory's clock, is refused by its own code", async () => {
  const refused = {
    status: 400,
    body: { error: { code: "KeyCredentialsInvalidEndDate", message: "Key credential end date is invalid." } },
  };
  expect(await add({ endDateTime: new Date(Date.now() - 1000).toISOString() })).toMatchObject(refused);
});

test("a removal may be answered with 204 and change nothing, where that is planted", async () => {
  const { keyId } = (await add({ displayName: "stays" })).body;
  await cloud.control("POST", "/control/faults", {
    service: "graph",
    operation: "application_RemovePassword",
    status: 204,
  });
  expect((await graph("POST", `${app}/removePassword`, { keyId })).status).toBe(204);
  expect(await list()).toContainEqual(expect.objectContaining({ keyId }));
});

test("every answer has the date of the cloud's clock", async () => {
  const date = async (): Promise<number> =>
    Date.parse((await fetch(`${cloud.env1("GRAPH_URL")}/v1.0/applications`)).headers.get("date") ?? "");
  expect(Math.abs((await date()) - Date.now())).toBeLessThan(60_000);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 86_400 });
  expect(Math.abs((await date()) - Date.now() - 86_400_000)).toBeLessThan(60_000);
});
