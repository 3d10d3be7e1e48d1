import { compareVersions, runs } from "../../../local/host/durable/engine/versions.ts";
import { run, until, type Running } from "./running.ts";

test.each([
  ["", "", 0],
  ["", "1.0", -1],
  ["1.10", "1.9", 1],
  ["1.0", "1.0.0", -1],
  ["v2", "V2", 0],
  ["alpha", "beta", -1],
])("version %j is compared with %j as %d", (a, b, order) => {
  expect(compareVersions(a, b)).toBe(order);
  expect(compareVersions(b, a)).toBe(order === 0 ? 0 : -order);
});

test("without a version of its own a host runs them all", () => {
  expect(runs({ defaultVersion: "", match: "Strict", otherwise: "Reject" }, "3.0")).toBe(true);
  expect(runs({ defaultVersion: "1.0", match: "Strict", otherwise: "Reject" }, "")).toBe(false);
  expect(runs({ defaultVersion: "1.0", match: "None", otherwise: "Reject" }, "3.0")).toBe(true);
});

const start = (host: Running, path: string): Promise<Response> =>
  host.post(`/runtime/webhooks/durabletask/orchestrators/${path}`, null);

test("instances and children have the default version unless another is given, and a newer one waits with a warning", async () => {
  const host = await run("versions");
  try {
    await start(host, "calls/plain");
    expect(await host.ended("plain")).toMatchObject({ output: ["2.0", "2.0", "1.0"] });
    await start(host, "tells/older?version=1.5");
    expect(await host.ended("older")).toMatchObject({ output: "1.5" });
    await start(host, "tells/newer?version=2.1");
    const { runtimeStatus } = await until(host.url, "newer", () => host.lines.some((line) => line.includes('"newer"')));
    expect(runtimeStatus).toBe("Pending");
    expect(host.lines.filter((line) => line.includes('"newer"'))).toEqual([
      expect.stringMatching(/can never move again: it is of version "2.1", and this host runs "2.0"/),
    ]);
  } finally {
    await host.close();
  }
});
