import { ConfigError } from "../../src/config.ts";
import { health } from "../../src/functions/health.ts";
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
