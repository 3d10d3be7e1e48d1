import { ConfigError } from "../../src/config.ts";
import { health } from "../../src/functions/health.ts";
import type { Sweep } from "../../src/domain/sweep.ts";
import { sweepKey } from "../../src/domain/sweep.ts";
import { sweepShape } from "../../src/store/store.ts";
import { memoryTable } from "../store/memoryTable.ts";
import { ask } from "./ask.ts";

type Dependencies = Awaited<ReturnType<Parameters<typeof health>[0]>>;
type Body = { status: string; dependencies: Record<string, string>; settings: string[]; unknownSettings: string[] };

const dependencies = (part: Partial<Dependencies>): Dependencies =>
  ({
    links: { read: async () => undefined },
    vault: { reachable: async () => true },
    // Nothing listens there, so that no test leaves this machine.
    authorityUrl: "https://127.0.0.1:1",
    tenantId: "10000000-0000-4000-8000-000000000001",
    unknownSettings: [],
    sweeps: memoryTable(sweepShape),
    now: () => new Date("2026-05-01T00:00:00.000Z"),
    ...part,
  }) as Dependencies;

test("says which dependency cannot be reached, and asks to come back", async () => {
  const links = { read: () => Promise.reject(new Error("no")) } as unknown as Dependencies["links"];
  const { status, headers, body } = await ask<Body>(
    health(async () => dependencies({ links })),
    "/api/health",
  );
  expect([status, headers["retry-after"]]).toEqual([503, "10"]);
  expect(body.dependencies).toEqual({ storage: "unreachable", vault: "reachable", entra: "unreachable" });
});

test("names wrong settings instead of calling services unreachable", async () => {
  const handler = health(() => Promise.reject(new ConfigError(["CROSSPULL_VAULT_URL is not set. Give it."])));
  const { status, body } = await ask<Body>(handler, "/api/health");
  expect([status, body.settings]).toEqual([503, ["CROSSPULL_VAULT_URL"]]);
  expect(body.dependencies).toEqual({ storage: "unknown", vault: "unknown", entra: "unknown" });
});

test("names settings that nothing reads, which alone is no reason to be called unhealthy", async () => {
  const unknownSettings = ["CROSSPULL_MAINTENANCE_WINDOWS"];
  const { body } = await ask<Body>(
    health(async () => dependencies({ unknownSettings })),
    "/api/health",
  );
  expect([body.settings, body.unknownSettings]).toEqual([[], unknownSettings]);
});

test("asks the services once for many callers, and again when that is old", async () => {
  let looks = 0;
  let time = 0;
  const vault = { reachable: async () => (looks++, true) } as unknown as Dependencies["vault"];
  const handler = health(
    async () => dependencies({ vault }),
    () => time,
  );
  await Promise.all(Array.from({ length: 20 }, () => ask(handler, "/api/health")));
  expect(looks).toBe(1);
  time = 10_000;
  await ask(handler, "/api/health");
  expect(looks).toBe(2);
});

describe("the sweep", () => {
  const seen = async (lastEndedAt: string | null, part: Partial<Dependencies> = {}) => {
    const sweeps = memoryTable(sweepShape);
    const row: Sweep = { knownSince: "2026-04-01T00:00:00.000Z", startedAt: null, lastEndedAt, last: null };
    await sweeps.insert(sweepKey, row);
    const handler = health(async () => dependencies({ sweeps, ...part }));
    return ask<Body & { sweep: unknown }>(handler, "/api/health");
  };

  test("is shown with its age, and is red where none has ended for 26 hours", async () => {
    expect((await seen("2026-04-30T03:00:00.000Z")).body.sweep).toEqual({
      lastEndedAt: "2026-04-30T03:00:00.000Z",
      ageInSeconds: 75_600,
      state: "ok",
      heldBack: null,
    });
    expect((await seen("2026-04-29T23:00:00.000Z")).body.sweep).toMatchObject({ state: "overdue" });
    const red = await seen("2026-04-29T22:00:00.000Z");
    expect([red.status, red.body.status]).toEqual([503, "unhealthy"]);
    expect(red.body.sweep).toMatchObject({ state: "red" });
    expect((await seen(null)).body.sweep).toMatchObject({ lastEndedAt: null, state: "red" });
  });

  test("is not told where storage does not answer", async () => {
    const sweeps = { read: () => Promise.reject(new Error("no")) } as never;
    expect((await seen(null, { sweeps })).body.sweep).toBeNull();
  });
});

test.each(["?live", "?live=", "?live=true"])("%s asks whether the process serves, and nobody else", async (query) => {
  const handler = health(() => Promise.reject(new Error("nobody is asked")));
  expect(await ask(handler, `/api/health${query}`)).toMatchObject({ status: 200, body: { status: "alive" } });
});
