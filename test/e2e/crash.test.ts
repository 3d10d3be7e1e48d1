import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinkView } from "../../local/stack/api.ts";
import { envLines } from "../../local/stack/stack.ts";
import { closeLaptops, made, oneLink, root, startLaptop, type Laptop } from "./laptop.ts";

describe("kill -9 of the host", () => {
  let laptop: Laptop;
  let host: ChildProcess | undefined;
  beforeEach(async () => {
    laptop = await startLaptop("crash", { waits: { CLUSTER_POLL_IN_SECONDS: 0.3 } });
    // From here on the host is a process of its own, which can die.
    await laptop.stack.host.close();
    await startHost();
  });
  afterEach(async () => {
    host?.kill("SIGKILL");
    await closeLaptops();
  });

  async function startHost(): Promise<void> {
    const { stateFile, settings, url } = laptop.stack;
    const envFile = join(stateFile, "../app.env");
    writeFileSync(envFile, envLines(settings));
    const args = [
      "--disable-warning=ExperimentalWarning",
      join(root, "local/host/cli.ts"),
      "--app",
      root,
      "--port",
      new URL(url).port,
      "--state",
      stateFile,
      "--env-file",
      envFile,
    ];
    host = spawn(process.execPath, args, { stdio: "ignore" });
    for (let look = 0; look < 1_200; look++) {
      const up = await fetch(`${url}/api/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("the host did not come up again");
  }
  async function crash(): Promise<void> {
    const gone = new Promise((resolve) => host?.once("exit", resolve));
    host?.kill("SIGKILL");
    await gone;
  }

  test("while a link waits for consent: the same operation goes on, and makes one of everything", async () => {
    const { body } = await laptop.api.create(laptop.link());
    const asking = await laptop.asked(body.id);
    await crash();
    await startHost();
    expect(await laptop.api.get(body.id)).toMatchObject({
      status: "onboarding",
      operation: { id: asking.operation.id },
    });
    await laptop.accept(asking);
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready", operation: { id: asking.operation.id } });
    expect(made(await laptop.state(), laptop.env)).toEqual(oneLink);
  });

  test("while a link is removed: the same operation goes on to its proof", async () => {
    const { body } = await laptop.api.create(laptop.link());
    await laptop.accept(await laptop.asked(body.id));
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready" });
    const { body: asked } = await laptop.api.call<LinkView>("DELETE", `/api/links/${body.id}`);
    await laptop.api.until(body.id, ({ grant }) => grant === null, 120_000);
    await crash();
    await startHost();
    expect(await laptop.ended(body.id)).toMatchObject({
      status: "removed",
      operation: { id: asked.operation.id },
      removal: { pull: { outcome: "refused", by: "registry" } },
    });
    expect(made(await laptop.state(), laptop.env)).toEqual({ ...oneLink, grants: 0 });
  });

  test("while the cluster is updated: the update is followed to its end, and started once", async () => {
    await laptop.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 300 });
    const { body } = await laptop.api.create(laptop.link());
    await laptop.accept(await laptop.asked(body.id));
    await laptop.api.until(body.id, ({ waitingFor }) => waitingFor?.on === "cluster", 120_000);
    await crash();
    await startHost();
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready" });
    expect(made(await laptop.state(), laptop.env)).toEqual(oneLink);
    const { counts } = await laptop.control<{ counts: Record<string, number> }>("GET", "/control/calls");
    expect(counts["arm ManagedClusters_ResetServicePrincipalProfile"]).toBe(1);
  });
});
