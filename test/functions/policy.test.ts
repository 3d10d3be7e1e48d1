/** What is set for one cluster, and that what runs afterwards goes by it. */
import type { World } from "../../src/activities/world.ts";
import type { AksSchedule } from "../../src/domain/aksSchedule.ts";
import type { ClusterPolicy } from "../../src/domain/policy.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import { answering } from "../../src/functions/http.ts";
import { getPolicy, putPolicy } from "../../src/functions/policy.ts";
import { identity, worldOf } from "../activities/world.ts";
import { windowOf } from "../domain/windowOf.ts";
import { ask } from "./ask.ts";

type Body = {
  readonly code?: string;
  readonly detail?: string;
  readonly lifetimeInDays: number;
  readonly fraction: number;
  readonly window: string | null;
  readonly set: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
};

const key = "fedcba9876543210";
const defaults = { secretLifetimeInDays: 180, rotationFraction: 0.5, maintenanceWindow: windowOf("Sat 01:00-05:00") };
const unset = { lifetimeInDays: null, fraction: null, window: null };

const sundays: AksSchedule = {
  name: "aksManagedNodeOSUpgradeSchedule",
  hours: [],
  window: {
    repeats: { unit: "week", interval: 1, day: 0 },
    startMinute: 0,
    durationInHours: 8,
    offsetInMinutes: 0,
    startsOn: null,
  },
  notAllowed: [],
};

async function open(part: Partial<PullIdentity> = {}, cap: number | null = null, schedules: AksSchedule[] = []) {
  const value = { forbidsPasswords: false, longestLifetimeInDays: cap, forbidsMultitenant: false };
  const world: World = await worldOf(
    { identities: [{ ...identity, clusterKey: key, ...part }] },
    {
      directory: { credentialPolicy: async () => ({ outcome: "known", value }) },
      clusters: { schedules: async () => ({ outcome: "known", value: schedules }) },
    },
  );
  const connect = async () => ({ world, config: defaults });
  const send = (method: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, id = key) =>
    ask<Body>(answering(method === "GET" ? getPolicy(connect) : putPolicy(connect)), `/api/clusters/${id}/policy`, {
      method,
      headers,
      params: { id },
      ...(body === undefined ? {} : { body }),
    });
  return {
    get: () => send("GET"),
    put: (body: unknown, headers: Readonly<Record<string, string>> = {}, id = key) => send("PUT", body, headers, id),
    row: async () => (await world.identities.read(key))?.value,
    change: (to: (row: PullIdentity) => PullIdentity) => world.identities.update(key, to),
  };
}

test("a cluster without a policy of its own goes by the configuration", async () => {
  const { status, body, headers } = await (await open()).get();
  expect([status, body]).toEqual([
    200,
    { clusterKey: key, lifetimeInDays: 180, fraction: 0.5, window: "Sat 01:00-05:00", set: unset },
  ]);
  expect(headers["etag"]).toMatch(/^"[0-9a-f]{32}"$/);
});

test("what is set holds, what is left out is as the configuration says, and the next one replaces all of it", async () => {
  const { put, get, row } = await open();
  const set = { lifetimeInDays: 90, window: " Europe/Paris Sat,Sun 01:00-05:00\r" };
  const answer = await put(set);
  expect(answer.body).toEqual({
    clusterKey: key,
    lifetimeInDays: 90,
    fraction: 0.5,
    window: "Europe/Paris Sat,Sun 01:00-05:00",
    set: { lifetimeInDays: 90, fraction: null, window: "Europe/Paris Sat,Sun 01:00-05:00" },
    warnings: [],
  });
  const read = await get();
  expect([{ ...read.body, warnings: [] }, read.headers["etag"]]).toEqual([answer.body, answer.headers["etag"]]);
  expect((await row())?.policy).toEqual({
    lifetimeInDays: 90,
    fraction: null,
    window: windowOf("Europe/Paris Sat,Sun 01:00-05:00"),
  });
  expect((await put({ fraction: 0.75, window: null })).body).toMatchObject({
    lifetimeInDays: 180,
    fraction: 0.75,
    window: "Sat 01:00-05:00",
  });
  expect((await put({})).body.set).toEqual(unset);
});

test("the rest of the row stays, and a policy that is set already writes nothing", async () => {
  const { put, row } = await open();
  const before = await row();
  await put({ fraction: 0.75 });
  expect(await row()).toEqual({ ...before, policy: { ...unset, fraction: 0.75 } });
  await put({ fraction: 0.75 });
  expect((await row())?.policy).toEqual({ ...unset, fraction: 0.75 });
});

test("a policy that was changed since it was read is refused with 412; what operations write on the row changes nothing of it", async () => {
  const { get, put, change, row } = await open();
  const etag = (await get()).headers["etag"] ?? "";
  await change((current) => ({ ...current, holder: null }));
  expect((await put({ fraction: 0.75 }, { "if-match": `"0000", ${etag}` })).status).toBe(200);
  const stale = await put({ fraction: 0.25 }, { "if-match": etag });
  expect([stale.status, stale.body.code, (await row())?.policy?.fraction]).toEqual([412, "CP-CHANGED", 0.75]);
  expect((await put({ fraction: 0.25 }, { "if-match": "*" })).status).toBe(200);
});

test("of two that read the same policy the second is refused, though both asked before either wrote", async () => {
  const { get, put } = await open();
  const headers = { "if-match": (await get()).headers["etag"] ?? "" };
  const answers = await Promise.all([put({ fraction: 0.75 }, headers), put({ fraction: 0.25 }, headers)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test.each<[unknown, string]>([
  [{ lifetimeInDays: 0 }, "lifetimeInDays"],
  [{ lifetimeInDays: 731 }, "lifetimeInDays"],
  [{ lifetimeInDays: 90.5 }, "lifetimeInDays"],
  [{ lifetimeInDays: "90" }, "lifetimeInDays"],
  [{ fraction: 0.05 }, "fraction"],
  [{ fraction: 1 }, "fraction"],
  [{ fraction: 0.5, window: "at night" }, 'window: "at night" cannot be read: expected days and times'],
  [{ window: "Mars/Olympus Sat 01:00-05:00" }, "no time zone"],
  [{ window: 5 }, "window"],
  [{ windows: "Sat 01:00-05:00" }, "windows"],
  [[], "the body"],
  [{ lifetimeInDays: 0, fraction: 2 }, "fraction"],
])("%j is refused with 400 and what is wrong with it", async (body, says) => {
  const { put, row } = await open();
  const answer = await put(body);
  expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
    400,
    "CP-BAD-REQUEST",
    expect.stringContaining(says),
  ]);
  expect((await row())?.policy).toBeNull();
});

test.each<[Partial<ClusterPolicy> | object, number | null, number]>([
  [{ lifetimeInDays: 14, window: "Europe/Paris first Sun of month 01:00-05:00" }, null, 422],
  [{ window: "Europe/Paris first Sun of month 01:00-05:00" }, 14, 422],
  [{ window: "Europe/Paris first Sun of month 01:00-05:00" }, null, 200],
  [{ lifetimeInDays: 14, window: "Europe/Paris Sun 01:00-05:00" }, 14, 200],
  // The configuration's window, and the life of the policy.
  [{ lifetimeInDays: 5 }, null, 422],
])("%j, where the tenant allows %s days, is answered with %s", async (body, cap, expected) => {
  const { put, row } = await open({}, cap);
  const { status, body: said } = await put(body);
  expect(status).toBe(expected);
  if (expected === 200) return;
  expect(said).toMatchObject({
    code: "CP-WINDOW-TOO-RARE",
    detail: expect.stringContaining("life and window cannot be met"),
  });
  expect((await row())?.policy).toBeNull();
});

test.each(["0123456789abcdef", "%2Fsubscriptions", "fedcba9876543210x"])("%s is the key of no cluster", async (id) => {
  const { put } = await open();
  expect(await put({}, {}, id)).toMatchObject({ status: 404, body: { code: "CP-IDENTITY-NOT-FOUND" } });
});

test("what is odd and allowed is said with the answer: one opening in a life, and openings outside AKS' own schedule", async () => {
  const { put } = await open({}, null, [sundays]);
  expect((await put({ window: "Sun 01:00-05:00" })).body.warnings).toEqual([]);
  const { status, body } = await put({ window: "Wed 01:00-05:00", lifetimeInDays: 10 });
  expect([status, body.warnings]).toEqual([
    200,
    [
      expect.stringContaining("one opening only"),
      expect.stringContaining("none lies in aksManagedNodeOSUpgradeSchedule"),
    ],
  ]);
});

test("a cap that the tenant does not show, and was met before, counts as one that is shown", async () => {
  const window = "Europe/Paris first Sun of month 01:00-05:00";
  const { put } = await open({ lifetimeCap: { days: 14, seenAt: identity.createdAt } });
  expect(await put({ window })).toMatchObject({ status: 422, body: { code: "CP-WINDOW-TOO-RARE" } });
});
