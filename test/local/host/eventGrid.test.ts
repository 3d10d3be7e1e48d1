import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rewriteTimes } from "../../../local/host/triggers/eventTimes.ts";
import { openZone } from "../../../local/host/triggers/zone.ts";
import { run, shared, type Running } from "./running.ts";

interface Exchange {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answer: string;
  readonly functionGot: readonly string[];
}

let host: Running;
beforeAll(async () => {
  host = await run("triggers", { env: { WEBSITE_TIME_ZONE: "UTC", "AzureWebJobs.disabled.Disabled": "true" } });
});
afterAll(() => host.close());

/** What the functions of the app got since it was asked last. */
const got = async (): Promise<Record<string, unknown>[]> =>
  (await (await host.get("/api/events")).json()) as Record<string, unknown>[];
const bySubject = (a: object, b: object): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

const file = join(shared, "facts/eventgrid-webhook.json");
if (!existsSync(file)) console.log(`skipped: the recorded exchanges (${file}) are not here`);
(existsSync(file) ? describe : describe.skip)("as recorded from the extension", () => {
  const { exchanges } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { readonly exchanges: readonly Exchange[] })
    : { exchanges: [] };

  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))("%s", async (_name, exchange) => {
    const { method, headers, body } = exchange;
    const sent = typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(`${host.url}/runtime/webhooks/${exchange.path}`, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    });
    // What leaves the extension as an exception, the host answers without a word.
    const text = exchange.answer.startsWith("uncaught") ? "" : exchange.answer;
    expect([answer.status, await answer.text()]).toEqual([exchange.status, text]);
    expect(Object.fromEntries(answer.headers)).toMatchObject(exchange.answerHeaders);
    const expected = exchange.functionGot.map((event) => JSON.parse(event) as object);
    expect((await got()).sort(bySubject)).toEqual(expected.sort(bySubject));
  });
});

test("a function also finds the event's fields in its trigger metadata, lists left out", async () => {
  const event = { id: "e7", subject: "/s", data: { A: 1 }, tags: ["a"], eventType: "x" };
  const answer = await fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=gridMetadata`, {
    method: "POST",
    headers: { "aeg-event-type": "Notification" },
    body: JSON.stringify([event]),
  });
  expect(answer.status).toBe(202);
  const [metadata] = await got();
  expect(metadata).toMatchObject({ id: "e7", subject: "/s", eventType: "x", data: { a: 1 } });
  expect(metadata).not.toHaveProperty("tags");
});

test("an event can be given to a function by hand", async () => {
  expect((await host.post("/admin/functions/grid", { input: JSON.stringify({ id: "by hand" }) })).status).toBe(202);
  await host.get("/api/events?wait=1");
  expect((await host.post("/admin/functions/grid", { input: "not JSON" })).status).toBe(400);
});

const berlin = openZone("Europe/Berlin");
test.each([
  ["2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00.1234567Z"],
  ["2026-07-01T12:00:00.500-0500", "2026-07-01T19:00:00.5+02:00"],
  ["2026-02-30T00:00:00.000Z", "2026-02-30T00:00:00.000Z"],
  ["2026-01-01 00:00:00.000Z", "2026-01-01 00:00:00.000Z"],
  ["at 2026-01-01T00:00:00.000Z", "at 2026-01-01T00:00:00.000Z"],
])("the text %s in an event becomes %s", (text, expected) => {
  expect(rewriteTimes({ list: [text], number: 1, nothing: null }, berlin)).toEqual({
    list: [expected],
    number: 1,
    nothing: null,
  });
});
