import { administrator, later, signIn } from "../graph/callers.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud({ life: { seed: 1, switches: ["consentAsksWho"] } });
});
afterEach(() => cloud.close());

const redirectUri = "http://localhost:7071/api/consent";
const microsoft = "https://www.microsoft.com";
const scope = "https://graph.microsoft.com/.default";

async function pullApp(displayName = "puller"): Promise<{ appId: string; secret: string }> {
  const admin = await administrator(cloud);
  const { body: app } = await admin("POST", "/applications", {
    displayName,
    signInAudience: "AzureADMultipleOrgs",
    web: { redirectUris: [redirectUri, microsoft] },
  });
  const { body: password } = await admin("POST", `/applications/${app.id}/addPassword`, {});
  return { appId: app.appId, secret: password.secretText };
}

type Kind = "v2.0/adminconsent" | "adminconsent" | "oauth2/authorize";

function linkOf(kind: Kind, appId: string, redirect = redirectUri): URL {
  const url = new URL(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_B")}/${kind}`);
  url.searchParams.set("client_id", appId);
  url.searchParams.set("redirect_uri", redirect);
  url.searchParams.set("state", "the state");
  if (kind === "v2.0/adminconsent") url.searchParams.set("scope", scope);
  if (kind === "oauth2/authorize") url.searchParams.set("response_type", "code");
  return url;
}

const plain = (text: string): string => text.replaceAll("&amp;", "&").replaceAll("&#39;", "'");

/** What a person does: reads the page, follows the link with these words. Answers with the next page or the way back. */
async function follow(at: URL, words: RegExp): Promise<Response> {
  const page = await (await fetch(at)).text();
  const links = [...page.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)];
  const found = links.find(([, , text = ""]) => words.test(plain(text)));
  if (!found) throw new Error(`no link ${String(words)} on the page`);
  return fetch(new URL(plain(found[1] ?? ""), at), { redirect: "manual" });
}

async function press(page: Response, decision: string): Promise<Response> {
  const action = /action="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  return fetch(new URL(plain(action), page.url), {
    method: "POST",
    body: new URLSearchParams({ decision }),
    redirect: "manual",
  });
}

function back(answer: Response): Record<string, string> {
  expect(answer.status).toBe(302);
  return Object.fromEntries(new URL(answer.headers.get("location") ?? "").searchParams);
}

const kinds: readonly Kind[] = ["v2.0/adminconsent", "adminconsent", "oauth2/authorize"];

describe.each(kinds)("at %s", (kind) => {
  test("an administrator accepts, and the application can sign in", async () => {
    const app = await pullApp();
    const accepted = back(await press(await follow(linkOf(kind, app.appId), /^Administrator/), "accept"));
    expect(accepted).toMatchObject({ state: "the state" });
    expect(accepted["error"]).toBeUndefined();
    expect(accepted).toHaveProperty(kind === "oauth2/authorize" ? "code" : "admin_consent");
    expect(await signIn(cloud, "TENANT_B", app)).toBe(0);
  });

  test.each([
    ["a guest", /guest/i, "access_denied", "AADSTS50020", undefined],
    ["who cancels", /^Cancel/, undefined, "AADSTS65004", "cancel"],
  ])("%s goes back with state, and nothing is granted", async (_who, words, error, code, subcode) => {
    const app = await pullApp();
    const answer = back(await follow(linkOf(kind, app.appId), words));
    expect(answer).toMatchObject({ state: "the state", error: error ?? expect.any(String) });
    expect(answer["error_description"]).toContain(code);
    expect(answer["error_subcode"]).toBe(subcode);
    expect(await signIn(cloud, "TENANT_B", app)).toBe(7000229);
    // The page that asks, and the way back.
    expect(await struck(cloud, "consentAsksWho")).toBe(2);
  });

  test("an administrator who declines goes back with state", async () => {
    const app = await pullApp();
    const answer = back(await press(await follow(linkOf(kind, app.appId), /^Administrator/), "cancel"));
    expect(answer).toMatchObject({ state: "the state", error_subcode: "cancel" });
    expect(answer["error_description"]).toContain("AADSTS65004");
  });

  test("a user without the right goes back with AADSTS90094", async () => {
    const app = await pullApp();
    const page = await follow(linkOf(kind, app.appId), /^User/);
    expect(await page.clone().text()).toContain("Need admin approval");
    const answer = back(await press(page, "return"));
    expect(answer).toMatchObject({ state: "the state", error: "access_denied" });
    expect(answer["error_description"]).toContain("AADSTS90094");
    expect(await signIn(cloud, "TENANT_B", app)).toBe(7000229);
  });
});

test("who asks for approval is sent nowhere, and mostly an administrator answers after hours", async () => {
  const apps: { appId: string; secret: string }[] = [];
  for (let made = 0; made < 8; made += 1) apps.push(await pullApp(`asks ${made}`));
  for (const { appId } of apps) {
    const asked = await press(await follow(linkOf("v2.0/adminconsent", appId), /^User/), "request");
    expect(asked.status).toBe(200);
    expect(await asked.text()).toContain("Request sent");
  }
  const granted = async (): Promise<number> => {
    const numbers = await Promise.all(apps.map((app) => signIn(cloud, "TENANT_B", app)));
    return numbers.filter((number) => number === 0).length;
  };
  expect(await granted()).toBe(0);
  await later(cloud, 3500);
  expect(await granted()).toBe(0);
  await later(cloud, 24 * 3600);
  expect(await granted()).toBeGreaterThan(3);
  expect(await granted()).toBeLessThan(8);
});

test("what was asked for before a reset is forgotten with it", async () => {
  const { appId } = await pullApp();
  await press(await follow(linkOf("v2.0/adminconsent", appId), /^User/), "request");
  await cloud.control("POST", "/control/reset");
  await later(cloud, 30 * 3600);
  const { body } = await cloud.control<{ entra: { tenants: { grants: unknown[] }[] } }>("GET", "/control/state");
  expect(body.entra.tenants.flatMap(({ grants }) => grants)).toEqual([]);
});

describe("the sign-in link of the first version", () => {
  test("goes back with a code to a registered address of another company too, and asks once", async () => {
    await turn(cloud, { consentAsksWho: false });
    const app = await pullApp();
    const link = linkOf("oauth2/authorize", app.appId, microsoft);
    const answer = await press(await fetch(link), "accept");
    expect(new URL(answer.headers.get("location") ?? "").origin).toBe(microsoft);
    expect(back(answer)).toEqual({ code: expect.any(String), state: "the state", session_state: expect.any(String) });
    expect(await signIn(cloud, "TENANT_B", app)).toBe(0);
    expect(back(await fetch(link, { redirect: "manual" }))).toHaveProperty("code");
    link.searchParams.set("prompt", "consent");
    expect((await fetch(link, { redirect: "manual" })).status).toBe(200);
  });

  test.each([
    ["redirect_uri", "https://evil.example/", "AADSTS50011"],
    ["response_type", "token", "AADSTS700054"],
    ["response_type", "", "AADSTS900144"],
  ])("with %s %j shows an error page", async (name, value, code) => {
    const { appId } = await pullApp();
    const link = linkOf("oauth2/authorize", appId);
    link.searchParams.set(name, value);
    const answer = await fetch(link);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(code);
  });
});

test("a network with tenant restrictions stops an administrator on a page of Microsoft's", async () => {
  await turn(cloud, { tenantRestrictions: true });
  const { appId } = await pullApp();
  const answer = await follow(linkOf("v2.0/adminconsent", appId), /tenant restrictions/);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("AADSTS500021");
  expect(await struck(cloud, "tenantRestrictions")).toBe(1);
  await turn(cloud, { tenantRestrictions: false });
  expect(await (await fetch(linkOf("v2.0/adminconsent", appId))).text()).not.toContain("tenant restrictions");
});

test("with the switch off whoever comes is an administrator", async () => {
  await turn(cloud, { consentAsksWho: false });
  const { appId } = await pullApp();
  const page = await fetch(linkOf("v2.0/adminconsent", appId));
  expect(await page.clone().text()).not.toContain("Pick an account");
  expect(back(await press(page, "accept"))).toMatchObject({ admin_consent: "True" });
  expect(await struck(cloud, "consentAsksWho")).toBe(0);
});
