import { run, until, type Running, type Status } from "./running.ts";

let host: Running;
beforeAll(async () => {
  host = await run("durable");
});
afterAll(() => host.close());

const management = "/runtime/webhooks/durabletask";
async function outcome(
  name: string,
  input: unknown,
  id = `${name}-${JSON.stringify(input)}`,
): Promise<[string, unknown]> {
  await host.post(`/api/start/${name}/${encodeURIComponent(id)}`, input);
  const { runtimeStatus, output } = await host.ended(encodeURIComponent(id));
  return [runtimeStatus, output];
}
const kinds = async (id: string): Promise<unknown[]> =>
  (await host.ended(id)).historyEvents.map(({ EventType }) => EventType);

test("activities run one after the other, and the app's own client starts the instance", async () => {
  expect(await outcome("sequence", null, "sequence")).toEqual(["Completed", ["said one", "said two"]]);
  expect(await kinds("sequence")).toEqual(["ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"]);
});

test("an activity that fails twice succeeds at its third try, with a timer before each", async () => {
  expect(await outcome("retries", 2, "retries")).toEqual(["Completed", 3]);
  const tries = (await kinds("retries")).filter((kind) => kind !== "TimerCreated" && kind !== "TimerFired");
  expect(tries.slice(1, -1)).toEqual(["TaskFailed", "TaskFailed", "TaskCompleted"]);
});

test("an activity that fails at every try fails the instance with the reason", async () => {
  const [status, output] = await outcome("retries", 3);
  expect(status).toBe("Failed");
  expect(output).toMatch(/^Orchestrator function 'retries' failed: Activity function 'flaky' failed: {2}attempt 3 \n /);
});

test("an event ends a wait, its custom status shows meanwhile, and the cancelled timer does not hold the instance", async () => {
  await host.post("/api/start/waits/event", null);
  const waiting = await until(host.url, "event", ({ customStatus }) => customStatus !== null);
  expect([waiting.runtimeStatus, waiting.customStatus]).toEqual(["Running", { waitingFor: "Go" }]);
  expect((await host.post("/api/raise/event/Go", { who: "me" })).status).toBe(202);
  expect(await host.ended("event")).toMatchObject({ runtimeStatus: "Completed", output: { who: "me" } });
});

test("a deadline ends a wait without an event", async () => {
  expect(await outcome("waits", 20)).toEqual(["Completed", "too late"]);
});

test("a child's result and a child's failure reach the parent", async () => {
  expect(await outcome("parent", { fail: false }, "good")).toEqual(["Completed", "said child"]);
  expect(await outcome("parent", { fail: true }, "bad")).toEqual([
    "Completed",
    "caught Orchestrator function 'child' failed: the child says no",
  ]);
});

test("continueAsNew begins a new history", async () => {
  expect(await outcome("counts", 1, "counts")).toEqual(["Completed", 3]);
  expect(await kinds("counts")).toEqual(["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]);
});

test.each([
  ["keeps the custom status of the one before", 2, { told: "by the first" }],
  ["keeps none when the one before told none either", 3, null],
])("a generation that ends in its first episode %s", async (_what, last, customStatus) => {
  const id = `tellsOnce-${last}`;
  expect(await outcome("tellsOnce", { generation: 1, last, waits: false }, id)).toEqual(["Completed", last]);
  expect(await host.ended(id)).toMatchObject({ customStatus });
});

test("a generation that goes on keeps the custom status of the one before until its second episode", async () => {
  await host.post("/api/start/tellsOnce/told", { generation: 1, last: 2, waits: true });
  const waits = ({ historyEvents }: Status): boolean =>
    historyEvents.some(({ EventType }) => EventType === "TimerCreated");
  expect(await until(host.url, "told", waits)).toMatchObject({ customStatus: { told: "by the first" } });
  await host.post("/api/raise/told/Go", null);
  expect(await host.ended("told")).toMatchObject({ runtimeStatus: "Completed", output: 2, customStatus: null });
});

test("a second start of a running id is refused, and of an ended one it is a fresh instance", async () => {
  expect((await host.post("/api/start/waits/twice", null)).status).toBe(202);
  const second = await host.post("/api/start/waits/twice", null);
  expect([second.status, await second.text()]).toEqual([409, expect.stringContaining("status code: 409")]);
  expect((await host.post(`${management}/instances/twice/terminate?reason=enough`, undefined)).status).toBe(202);
  expect(await host.ended("twice")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
  expect(await outcome("sequence", null, "twice")).toEqual(["Completed", ["said one", "said two"]]);
});

test("the app's client reads a status, and the answer to a start names the addresses to follow", async () => {
  const answer = await host.post("/api/start/sequence/followed", null);
  const addresses = (await answer.json()) as { statusQueryGetUri: string };
  expect(answer.headers.get("location")).toBe(addresses.statusQueryGetUri);
  await host.ended("followed");
  expect((await fetch(addresses.statusQueryGetUri)).status).toBe(200);
  expect(await (await host.get("/api/status/followed")).json()).toMatchObject({ runtimeStatus: "Completed" });
});

test("instances are listed in pages that a token continues", async () => {
  for (const n of [1, 2, 3]) await outcome("sequence", null, `page-${n}`);
  const page = async (token: string): Promise<[string[], string]> => {
    const headers = { "x-ms-continuation-token": token };
    const answer = await fetch(`${host.url}${management}/instances/?instanceIdPrefix=page-&top=2`, { headers });
    const instances = (await answer.json()) as { instanceId: string }[];
    return [instances.map(({ instanceId }) => instanceId), answer.headers.get("x-ms-continuation-token") ?? ""];
  };
  const [first, token] = await page("");
  expect([first, await page(token)]).toEqual([
    ["page-1", "page-2"],
    [["page-3"], ""],
  ]);
});

test.each([
  ["unknownActivity", /calls the activity "noSuchActivity", which is not registered/],
  ["throwsText", /threw something that is not an Error/],
])("%s is named in the log as never moving again", async (name, cause) => {
  await host.post(`/api/start/${name}/${name}`, null);
  const status = await until(host.url, name, () => host.lines.some((line) => line.includes(`instance "${name}"`)));
  expect(status.runtimeStatus).toBe("Running");
  const warnings = host.lines.filter((line) => line.includes(`instance "${name}"`));
  expect(warnings).toEqual([expect.stringMatching(cause)]);
});

test("under strict an instance that can never move again fails with the reason", async () => {
  const strict = await run("durable", { strict: true });
  try {
    await strict.post("/api/start/unknownActivity/stuck", null);
    expect(await strict.ended("stuck")).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringContaining('calls the activity "noSuchActivity", which is not registered'),
    });
  } finally {
    await strict.close();
  }
});
