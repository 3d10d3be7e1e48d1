import type { TestCloud } from "../kit/cloud.ts";
import { arm, cloudWithPuller, grant, puller, registryId, roles } from "../arm/people.ts";

let cloud: TestCloud;
let host: string;
beforeAll(async () => {
  cloud = await cloudWithPuller();
  const { body } = await arm(cloud, "GET", `${abac}?api-version=2025-11-01`, { tenant: "TENANT_B" });
  host = body.properties.loginServer;
});
afterEach(() => cloud.control("POST", "/control/reset"));
afterAll(() => cloud.close());

const abac = registryId("fabrikamabac");
const acr = "Microsoft.ContainerRegistry/registries/repositories";
const name = `@Request[${acr}:name]`;

/** May the puller, with Repository Reader under this condition, pull team/app? */
async function mayPull(condition: string): Promise<boolean> {
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader, { condition, conditionVersion: "2.0" });
  const form = { grant_type: "password", service: host, scope: "repository:team/app:pull" };
  const body = new URLSearchParams({ ...form, username: puller.appId, password: puller.secret });
  const answer = await fetch(`https://${host}/oauth2/token`, { method: "POST", body });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { access: unknown[] };
  return claims.access.length > 0;
}

test.each([
  [`${name} StringEquals 'team/app'`, true],
  [`${name} StringEquals 'Team/App'`, false],
  [`${name} StringEqualsIgnoreCase 'Team/App'`, true],
  [`${name} StringNotEquals 'team/app'`, false],
  [`${name} StringStartsWith 'team/'`, true],
  [`${name} StringStartsWithIgnoreCase 'TEAM/'`, true],
  [`${name} StringStartsWith 'teams/'`, false],
  [`${name} StringLike 'te*/a?p'`, true],
  [`${name} StringLike 'te*/b?p'`, false],
  [`${name} ForAnyOfAnyValues:StringEquals {'other', 'team/app'}`, true],
  [`${name} ForAnyOfAnyValues:StringEquals {'other', 'another'}`, false],
  [`ActionMatches{'${acr}/content/read'}`, true],
  [`ActionMatches{'${acr}/content/*'}`, true],
  [`!(ActionMatches{'${acr}/content/read'})`, false],
  [`NOT ActionMatches{'${acr}/metadata/read'}`, true],
  [`${name} StringEquals 'a' OR ${name} StringEquals 'team/app' AND ActionMatches{'*'}`, true],
  [`(${name} StringEquals 'a' OR ${name} StringEquals 'team/app') AND ActionMatches{'nothing'}`, false],
  [`${name} StringEquals 'a' || ${name} StringEquals 'team/app' && ActionMatches{'*/read'}`, true],
  [`@Request[Microsoft.Storage/somethingElse:name] StringEquals 'team/app'`, false],
])("under the condition %s pulling team/app is %s", async (condition, expected) => {
  expect(await mayPull(condition)).toBe(expected);
});
