import { EventType, historyEvent, type BareEvent } from "../../../local/host/durable/replay/history.ts";
import { html } from "../../../local/host/inspect/html.ts";
import { duration, timeline } from "../../../local/host/inspect/timeline.ts";
import { run, type Running } from "./running.ts";

let host: Running;
beforeAll(async () => {
  host = await run("durable");
});
afterAll(() => host.close());
const page = async (query = ""): Promise<string> => (await host.get(`/${query}`)).text();

test("the page at / names the functions and the instances, and pages through them", async () => {
  await host.post("/api/start/sequence/first", null);
  await host.ended("first");
  const text = await page();
  expect(text).toContain(">first</a>");
  expect(text).toMatch(/<td>sequence<\/td>\s*<td>orchestrationTrigger/);
  expect(text).toMatch(/POST start\/\{name\}\/\{id\}/);
  expect(await page("?prefix=sec")).not.toContain(">first</a>");
  expect(await page("?after=first")).not.toContain(">first</a>");
});

test("an instance is shown with its history and what each step took", async () => {
  await host.post("/api/start/parent/family", { fail: true });
  await host.ended("family");
  const text = await page("?instance=family");
  expect(text).toContain("family-child</a>");
  expect(text).toMatch(/<td>failed<\/td>\s*<td>\d+ ms<\/td>\s*<td class="line">\s*<svg [^>]* class="failed">/);
  expect((await host.get("/?instance=nobody")).status).toBe(404);
});

test("whatever an instance holds is shown as text", async () => {
  const nasty = "<script>alert('x')</script>\"";
  await host.post(`/api/start/counts/${encodeURIComponent("<b>id")}`, nasty);
  await host.ended(encodeURIComponent("<b>id"));
  for (const text of [await page(), await page(`?instance=${encodeURIComponent("<b>id")}`)]) {
    expect(text).toContain("&lt;b&gt;id");
    expect(text).not.toContain("<b>id");
    expect(text).not.toContain("<script>alert");
  }
  expect(html`<a title="${"\"'<&"}">${["<", html`<i>${1}</i>`]}</a>`.markup).toBe(
    '<a title="&quot;&#39;&lt;&amp;">&lt;<i>1</i></a>',
  );
});

test("the page loads nothing from elsewhere, and only its own script and style run", async () => {
  const answer = await host.get("/");
  const [, nonce = ""] = /script-src 'nonce-([^']+)'/.exec(answer.headers.get("content-security-policy") ?? "") ?? [];
  const text = await answer.text();
  expect(text).toContain(`<script nonce="${nonce}">`);
  expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test("the log can be followed", async () => {
  const answer = await host.get("/?log");
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  await host.get("/api/pid");
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("Executed 'Functions.pid'")) break;
  }
  expect(text).toMatch(/^data: \[/);
});

test("somebody who follows the log does not hold virtual time up", async () => {
  const other = await run("virtual", { virtualTime: true });
  const log = await other.get("/?log");
  await other.post("/runtime/webhooks/durabletask/orchestrators/sleeps/s", 30);
  expect((await other.ended("s")).runtimeStatus).toBe("Completed");
  await log.body?.cancel();
  await other.close();
});

test("an app can have / for itself", async () => {
  const other = await run("durable", { env: { AzureWebJobsDisableHomepage: "true" } });
  expect((await other.get("/")).status).toBe(404);
  await other.close();
});

test("a history becomes spans: what was scheduled, joined with what ended it", () => {
  const at = (seconds: number, event: BareEvent) => historyEvent(event, new Date(seconds * 1000));
  const { TaskScheduled, TaskFailed, TimerCreated, TimerFired, EventRaised } = EventType;
  const FireAt = "1970-01-01T00:00:09Z";
  const spans = timeline([
    at(1, { EventType: TaskScheduled, EventId: 0, Name: "work", Version: "", Input: null }),
    at(1, { EventType: TimerCreated, EventId: 1, FireAt }),
    at(2, { EventType: EventRaised, Name: "Go", Input: "1" }),
    at(4, { EventType: TaskFailed, TaskScheduledId: 0, Reason: "no", Details: null, FailureDetails: null }),
    at(5, { EventType: TaskScheduled, EventId: 2, Name: "work", Version: "", Input: null }),
    at(9, { EventType: TimerFired, TimerId: 1, FireAt }),
  ]);
  expect(spans.map(({ kind, from, to, outcome, detail }) => [kind, from, to, outcome, detail])).toEqual([
    ["activity", 1000, 4000, "failed", "no"],
    ["timer", 1000, 9000, "fired", `until ${FireAt}`],
    ["event", 2000, 2000, "raised", "1"],
    ["activity", 5000, undefined, "open", ""],
  ]);
});

test.each([
  [12, "12 ms"],
  [3_440, "3.4 s"],
  [125_000, "2 min 5 s"],
  [11_040_000, "3 h 4 min"],
  [439_200_000, "5 d 2 h"],
])("%d ms is written %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
