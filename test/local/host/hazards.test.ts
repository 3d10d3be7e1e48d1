import { run, until, type Running } from "./running.ts";

const management = "/runtime/webhooks/durabletask";
let host: Running;
let strict: Running;
beforeAll(async () => {
  [host, strict] = await Promise.all([run("hazards"), run("hazards", { strict: true })]);
});
afterAll(() => Promise.all([host.close(), strict.close()]));

const start = (at: Running, name: string, id: string, input: unknown = null): Promise<Response> =>
  at.post(`${management}/orchestrators/${name}/${id}`, input);
const raise = (at: Running, id: string, event: string): Promise<Response> =>
  at.post(`${management}/instances/${id}/raiseEvent/${event}`, 1);
const running = (at: Running, id: string): Promise<unknown> =>
  until(at.url, id, ({ runtimeStatus }) => runtimeStatus === "Running");
const about = ({ lines }: Running, id: string): string[] =>
  lines.filter((line) => line.includes(`instance "${id}" of`));
const warned = (id: string): Promise<unknown> => until(host.url, id, () => about(host, id).length > 0);

/** Name of the orchestration, its input, an event to raise, and what is said of it. */
const cases: [string, unknown, string | undefined, RegExp][] = [
  ["sharedTimer", null, undefined, /gave one task \(a timer\) to two combinators/],
  ["waits", "0", undefined, /event name "0" looks like a task id/],
  ["waits", "Go", "7", /event name "7" looks like a task id/],
  ["waits", "Go", "GO", /event "GO" took a waiter of another spelling \("Go"\)/],
  ["beside", null, undefined, /can never move again: it calls the activity "unknown"/],
  ["throwsText", null, undefined, /can never move again: it threw something that is not an Error/],
  ["timesOut", null, undefined, /can never move again: its retry of "fails" ran out of its retryTimeout/],
  ["twins", null, undefined, /called two sub-orchestrations with one id, "[^"]*-child"/],
];

test.each(cases)("%s (%j, raising %s) is warned of once, with cause and cure", async (name, input, event, said) => {
  const id = `${name}-${String(input)}-${String(event)}`;
  await start(host, name, id, input);
  await running(host, id);
  if (event !== undefined) await raise(host, id, event);
  await warned(id);
  await raise(host, id, "Other");
  await host.post(`${management}/instances/${id}/terminate?reason=enough`, undefined);
  await host.ended(id);
  expect(about(host, id)).toEqual([expect.stringMatching(said)]);
  expect(about(host, id)[0]).toMatch(/^\S+ warning .*orchestrator "\w+".*; .+/);
});

test.each(cases)("under strict %s (%j, raising %s) fails with what is said", async (name, input, event, said) => {
  const id = `${name}-${String(input)}-${String(event)}`;
  await start(strict, name, id, input);
  if (event !== undefined) await running(strict, id).then(() => raise(strict, id, event));
  expect(await strict.ended(id)).toMatchObject({ runtimeStatus: "Failed", output: expect.stringMatching(said) });
});

test("a child with the id of a live instance replaces it with a warning; under strict the caller fails and the instance lives", async () => {
  for (const at of [host, strict]) {
    await start(at, "waits", "live", "Go");
    await running(at, "live");
    await start(at, "calls", "caller", "live");
  }
  await warned("caller");
  expect(about(host, "caller")).toEqual([expect.stringMatching(/threw away the live instance "live"/)]);
  expect(await strict.ended("caller")).toMatchObject({
    runtimeStatus: "Failed",
    output: expect.stringContaining('"live"'),
  });
  await raise(strict, "live", "Go");
  expect(await strict.ended("live")).toMatchObject({ runtimeStatus: "Completed", output: 1 });
});

test("under strict a parent is told why its child failed", async () => {
  await start(strict, "calls", "told", "told-0");
  await running(strict, "told-0");
  await raise(strict, "told-0", "GO");
  expect(await strict.ended("told")).toMatchObject({
    runtimeStatus: "Failed",
    output: expect.stringMatching(/^Orchestrator function 'calls' failed: .*took a waiter of another spelling/),
  });
});

test("a parent whose child is taken from it is named", async () => {
  await start(host, "calls", "first", "wanted");
  await running(host, "wanted");
  await start(host, "calls", "second", "wanted");
  await warned("second");
  expect(about(host, "second")).toEqual([expect.stringMatching(/and instance "first" waits for that one for ever/)]);
});

describe("an event that every generation hands on to the next", () => {
  const said = /continues as new with the event "Go" that it began with, .*without end/;

  test("is warned of once, and goes round without end, as on the platform", async () => {
    const looping = await run("hazards");
    try {
      await start(looping, "handsOn", "loops");
      await running(looping, "loops");
      await raise(looping, "loops", "Go");
      await until(looping.url, "loops", () => about(looping, "loops").length > 0);
      const generation = (): number => Number(looping.instances.get("loops")?.input ?? 0);
      const before = generation();
      await until(looping.url, "loops", () => generation() > before + 10);
      expect(about(looping, "loops")).toEqual([expect.stringMatching(said)]);
    } finally {
      await looping.close();
    }
  });

  test("ends the instance under strict", async () => {
    await start(strict, "handsOn", "loops");
    await running(strict, "loops");
    await raise(strict, "loops", "Go");
    expect(await strict.ended("loops")).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringMatching(said),
    });
  });
});

test("events that are taken one by one, a generation each, are nothing to warn of", async () => {
  await start(strict, "takesOne", "taker");
  for (let n = 0; n < 3; n++) await raise(strict, "taker", "Go");
  expect(await strict.ended("taker")).toMatchObject({ runtimeStatus: "Completed", output: "all" });
});

test("tasks that are yielded again, or only look alike, are nothing to warn of", async () => {
  await start(strict, "yieldsLater", "fine");
  expect(await strict.ended("fine")).toMatchObject({ runtimeStatus: "Completed", output: "end" });
});

test.each(["entity", "locks"])("an orchestration that uses %s fails with one clear line", async (name) => {
  await start(host, name, name);
  const { runtimeStatus, output } = await host.ended(name);
  expect([runtimeStatus, output]).toEqual([
    "Failed",
    expect.stringMatching(/^[^\n]*Durable entities and critical sections are not supported by this host[^\n]*$/),
  ]);
});
