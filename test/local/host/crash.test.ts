import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { apps, clientOf, run, scratch, until } from "./running.ts";

const folder = scratch();
const cli = join(import.meta.dirname, "../../../local/host/cli.ts");
const started: ChildProcess[] = [];
afterAll(() => started.forEach((child) => child.kill("SIGKILL")));

/** The host as a process of its own, so that it can be killed. */
async function start(state: string, ran: string): Promise<{ url: string; child: ChildProcess }> {
  const args = ["--app", join(apps, "durable"), "--port", "0", "--state", state];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", cli, ...args], {
    env: { ...process.env, RAN: ran },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^Listening on (\S+)/.exec(line) ?? [];
    if (url) return { url, child };
  }
  throw new Error("the host ended before it listened");
}
async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
const lines = (file: string): string[] => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
async function written(file: string, line: string): Promise<void> {
  while (!lines(file).includes(line)) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("an instance that waits for an event goes on after kill -9 and a restart", async () => {
  const [state, ran] = [join(folder, "event.db"), join(folder, "event.ran")];
  const first = await start(state, ran);
  await clientOf(first.url).post("/api/start/waits/e", null);
  await until(first.url, "e", ({ customStatus }) => customStatus !== null);
  await kill(first.child);
  const second = await start(state, ran);
  const client = clientOf(second.url);
  await client.post("/api/raise/e/Go", "hello");
  expect(await client.ended("e")).toMatchObject({ runtimeStatus: "Completed", output: "hello" });
  await kill(second.child);
});

test("a timer that fell due while the host was dead fires at once after the restart", async () => {
  const [state, ran] = [join(folder, "timer.db"), join(folder, "timer.ran")];
  const first = await start(state, ran);
  await clientOf(first.url).post("/api/start/sleeps/t", 1000);
  await until(first.url, "t", ({ historyEvents }) =>
    historyEvents.some(({ EventType }) => EventType === "TimerCreated"),
  );
  await kill(first.child);
  const second = await start(state, ran);
  expect(await clientOf(second.url).ended("t")).toMatchObject({ runtimeStatus: "Completed", output: "said awake" });
  await kill(second.child);
});

test("an activity that was running is run again, and its result is in history once", async () => {
  const [state, ran] = [join(folder, "activity.db"), join(folder, "activity.ran")];
  const first = await start(state, ran);
  await clientOf(first.url).post("/api/start/works/a", 500);
  await written(ran, "slow");
  await kill(first.child);
  const second = await start(state, ran);
  const { output, historyEvents } = await clientOf(second.url).ended("a");
  expect(output).toEqual(["slow done", "said after"]);
  expect(historyEvents.filter(({ FunctionName }) => FunctionName === "slow")).toHaveLength(1);
  expect(lines(ran)).toEqual(["slow", "slow", "say after"]);
  await kill(second.child);
});

test("the app's process dies with a host that was killed", async () => {
  const { url, child } = await start(join(folder, "orphan.db"), join(folder, "orphan.ran"));
  const pid = Number(await (await clientOf(url).get("/api/pid")).text());
  await kill(child);
  const alive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (const end = Date.now() + 5000; alive() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(alive()).toBe(false);
});

test("SIGTERM ends the host with exit code 0", async () => {
  const { child } = await start(join(folder, "term.db"), join(folder, "term.ran"));
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

test("an activity that ends its process is run again in a new one", async () => {
  const ran = join(folder, "crash.ran");
  const host = await run("durable", { env: { RAN: ran } });
  try {
    await host.post("/api/start/crashes/c", null);
    expect(await host.ended("c")).toMatchObject({ runtimeStatus: "Completed", output: "survived" });
    expect(lines(ran)).toEqual(["crash", "crash"]);
    expect(host.lines.join("\n")).toMatch(/activity "crashOnce" of instance "c" is run again/);
  } finally {
    await host.close();
  }
});
