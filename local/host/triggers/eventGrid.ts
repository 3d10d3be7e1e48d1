import { triggerOf, type FunctionMetadata, type TypedData } from "../worker/messages.ts";
import { rewriteTimes } from "./eventTimes.ts";
import type { Run, Runner } from "./runner.ts";
import type { Zone } from "./zone.ts";

export interface WebhookRequest {
  readonly method: string;
  /** `functionName` of the query. */
  readonly functionName: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}
export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Parts {
  readonly functions: () => readonly FunctionMetadata[];
  readonly runner: Runner;
  readonly zone: Zone;
}

/** `/runtime/webhooks/EventGrid`: both handshakes, and one run for each event, all at once. */
export function createEventGrid(parts: Parts): (request: WebhookRequest) => Promise<WebhookAnswer> {
  return async ({ method, functionName, headers, body }) => {
    const metadata = parts.functions().find(({ name }) => name === functionName);
    if (!metadata || triggerOf(metadata)?.type !== "eventGridTrigger") {
      return text(404, `cannot find function: '${functionName}'`);
    }
    if (method === "OPTIONS") return { status: 200, headers: { "webhook-allowed-origin": "eventgrid.azure.net" } };
    switch (headers["aeg-event-type"]?.toLowerCase()) {
      case "subscriptionvalidation":
        return validate(body);
      case "notification":
        return deliver(parts, metadata, body);
      case "unsubscribe":
        return { status: 202 };
      default:
        return { status: 400 };
    }
  };
}

function text(status: number, body: string): WebhookAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

/** What the extension does not survive: the host answers 500 without a word. */
const failed: WebhookAnswer = { status: 500 };

function validate(body: string): WebhookAnswer {
  const [event] = eventsOf(body) ?? [];
  const data = event?.data;
  const fields = typeof data === "string" ? parse(data) : data;
  const code = isObject(fields) ? fields.validationCode : undefined;
  return typeof code === "string" ? text(200, JSON.stringify({ validationResponse: code })) : failed;
}

async function deliver({ runner, zone }: Parts, metadata: FunctionMetadata, body: string): Promise<WebhookAnswer> {
  const events = eventsOf(body);
  if (!events) return failed;
  const runs = events.map((event) => runner.run(metadata, eventRun(metadata, rewriteTimes(event, zone) as Event)));
  const results = await Promise.allSettled(runs);
  if (results.every(({ status }) => status === "fulfilled")) return { status: 202 };
  return text(500, `Exception while executing function: ${metadata.name}`);
}

type Event = Readonly<Record<string, unknown>>;

/** The event as text, and what the host copies of it for `context.triggerMetadata`: every field that is no list. */
export function eventRun(metadata: FunctionMetadata, event: Event): Run {
  const name = triggerOf(metadata)?.name ?? "";
  const data: TypedData = { string: JSON.stringify(event, null, 2) };
  const fields = Object.entries(event).filter(([, value]) => !Array.isArray(value));
  return {
    reason: "EventGrid trigger fired.",
    inputs: [{ name, data }],
    triggerMetadata: { ...Object.fromEntries(fields.map(([key, value]) => [key, typed(value)])), [name]: data },
  };
}

function typed(value: unknown): TypedData {
  if (value === null || value === undefined) return {};
  return typeof value === "string" ? { string: value } : { json: JSON.stringify(value) };
}

/** One event or a list of events; undefined when it is neither. */
function eventsOf(body: string): readonly Event[] | undefined {
  const parsed = parse(body);
  const events: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return events.every(isObject) ? events : undefined;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Event {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
