import { startHost } from "../../../local/host/start.ts";

test("a request that nobody answers ends after five days", async () => {
  const app = `${import.meta.dirname}/apps/virtual`;
  const host = await startHost({ app, port: 0, state: ":memory:", virtualTime: "manual" });
  const id = host.instances.start("waits", 5);
  await host.clock.advance(5 * 86_400_000 - 1);
  expect(host.instances.get(id)?.runtimeStatus).toBe("Running");
  await host.clock.advance(1);
  expect(host.instances.get(id)?.output).toBe("too late");
  await host.close();
});
