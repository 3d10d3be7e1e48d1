import type { Filter, Operations, StartOptions } from "../engine/operations.ts";
import { isFinished, statusNumbers, type RuntimeStatus } from "../replay/history.ts";
import { argumentError, BadJson, compact, serverError } from "./errors.ts";
import type { ApiAnswer, ApiRequest } from "./messages.ts";
import { DuplicateKey, startAnswer, statusAnswer, type Addresses } from "./payloads.ts";

type Context = { readonly operations: Operations; readonly addresses: () => Addresses };

const nothing = (status: number): ApiAnswer => ({ status });

/** The Durable extension's management API: the same routes for people and for the app's own client. */
export function createApi(context: Context): (request: ApiRequest) => Promise<ApiAnswer> {
  return async (request) => {
    try {
      return await route(context, request);
    } catch (error) {
      if (error instanceof BadJson) return error.answer;
      if (error instanceof DuplicateKey) return argumentError(error.message);
      throw error;
    }
  };
}

function route(context: Context, request: ApiRequest): ApiAnswer | Promise<ApiAnswer> {
  const [area, first, verb, event, ...rest] = request.path.split("/").map(decode);
  const method = request.method.toUpperCase();
  if (rest.length > 0) return nothing(404);
  if (area?.toLowerCase() === "orchestrators" && method === "POST" && first && event === undefined) {
    return start(context, request, first, verb === "" ? undefined : verb);
  }
  // Its SDK would take a plain 404 for an entity that does not exist.
  if (area?.toLowerCase() === "entities")
    return { status: 501, body: { Message: "Durable entities are not supported by this host" } };
  if (area?.toLowerCase() !== "instances") return nothing(404);
  if (!first) {
    if (method === "GET") return list(context, request);
    return method === "DELETE" ? purgeMany(context, request) : nothing(404);
  }
  if (verb === undefined) {
    if (method === "GET") return status(context, request, first);
    return method === "DELETE" ? purge(context, first) : nothing(404);
  }
  return method === "POST" ? act(context, request, first, verb.toLowerCase(), event) : nothing(404);
}

function act(
  context: Context,
  request: ApiRequest,
  id: string,
  verb: string,
  event: string | undefined,
): ApiAnswer | Promise<ApiAnswer> {
  const { operations } = context;
  const reason = request.query.get("reason");
  if (verb === "raiseevent" && event) return raise(operations, request, id, event);
  if (event !== undefined) return nothing(404);
  if (verb === "terminate") return nothing(codes[operations.terminate(id, reason)]);
  if (verb === "suspend" || verb === "resume") return hold(operations, id, verb, reason);
  if (verb === "rewind") return rewind(operations, id, reason);
  return verb === "restart" ? restart(context, request, id) : nothing(404);
}

const codes = { done: 202, unknown: 404, finished: 410 } as const;

async function start(context: Context, request: ApiRequest, name: string, id: string | undefined): Promise<ApiAnswer> {
  const input = request.body === "" ? null : compact(request.body);
  return begin(context, request, name, input, { id, version: request.query.get("version") ?? undefined });
}

async function begin(
  { operations, addresses }: Context,
  { query }: ApiRequest,
  name: string,
  input: string | null,
  options: StartOptions,
): Promise<ApiAnswer> {
  const { id, inTheWay } = operations.start(name, input, options);
  if (inTheWay) {
    return {
      status: 409,
      body: { Message: `An orchestration with id '${id}' already exists. It is in state ${inTheWay}` },
    };
  }
  const [timeout, interval] = [seconds(query.get("timeout")), seconds(query.get("pollingInterval"))];
  const isWaited = timeout !== undefined && interval !== undefined;
  if (isWaited && interval > timeout)
    return argumentError(`Total timeout ${timeout} should be bigger than retry timeout ${interval}`);
  if (isWaited && (await operations.ended(id, timeout * 1000))) {
    const instance = operations.instance(id);
    if (instance) {
      const view = statusAnswer(instance, { showInput: true });
      if (instance.status === "Completed") return { status: 200, body: "output" in view ? view.output : null };
      return {
        status: instance.status === "Failed" && flag(query, "returnInternalServerErrorOnFailure") ? 500 : 200,
        body: view,
      };
    }
  }
  const body = startAnswer(id, addresses());
  return { status: 202, headers: { location: body.statusQueryGetUri ?? "", "retry-after": "10" }, body };
}

function restart(context: Context, request: ApiRequest, id: string): ApiAnswer | Promise<ApiAnswer> {
  const former = context.operations.instance(id);
  if (!former) {
    return argumentError(
      `No instance with ID '${id}' was found. (Parameter 'instanceId')`,
      "InstanceId does not match a valid orchestration instance.",
    );
  }
  const sameId = request.query.get("restartWithNewInstanceId")?.toLowerCase() === "false";
  return begin(context, request, former.name, former.input, { version: former.version, ...(sameId ? { id } : {}) });
}

function status({ operations }: Context, { query, url }: ApiRequest, id: string): ApiAnswer {
  const instance = operations.instance(id);
  if (!instance) return nothing(404);
  const body = statusAnswer(instance, {
    showInput: query.get("showInput")?.toLowerCase() !== "false",
    showHistoryOutput: flag(query, "showHistoryOutput"),
    history: flag(query, "showHistory") ? operations.history(id) : undefined,
  });
  if (!isFinished(instance.status)) return { status: 202, headers: { location: url, "retry-after": "5" }, body };
  const failed = instance.status === "Failed" && flag(query, "returnInternalServerErrorOnFailure");
  return { status: failed ? 500 : 200, body };
}

const pageLength = 100;

/** A page after the id in the continuation token, in order of id. */
function list({ operations }: Context, { query, headers }: ApiRequest): ApiAnswer {
  const last = Buffer.from(headers["x-ms-continuation-token"] ?? "", "base64url").toString();
  const top = Number(query.get("top") ?? 0) || pageLength;
  const rest = operations.query(filterOf(query), { after: last, limit: top + 1 });
  const page = rest.slice(0, top);
  const token = rest.length > top ? Buffer.from(page.at(-1)?.id ?? "").toString("base64url") : "";
  const showInput = query.get("showInput")?.toLowerCase() !== "false";
  const body = page.map((instance) => statusAnswer(instance, { showInput }));
  return { status: 200, headers: { "x-ms-continuation-token": token }, body };
}

function purge({ operations }: Context, id: string): ApiAnswer {
  const instance = operations.instance(id);
  if (!instance) return nothing(404);
  if (!isFinished(instance.status)) {
    return {
      status: 412,
      body: `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${instance.status}`,
    };
  }
  operations.purge([id]);
  return { status: 200, body: { instancesDeleted: 1 } };
}

const finished: readonly RuntimeStatus[] = ["Completed", "Failed", "Terminated"];

function purgeMany({ operations }: Context, { query }: ApiRequest): ApiAnswer {
  const filter = filterOf(query);
  if (!filter.from) return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
  const { statuses = [] } = filter;
  const ended = finished.filter((status) => statuses.length === 0 || statuses.includes(status));
  const ids = ended.length === 0 ? [] : operations.query({ ...filter, statuses: ended }).map(({ id }) => id);
  operations.purge(ids);
  return ids.length === 0 ? nothing(404) : { status: 200, body: { instancesDeleted: ids.length } };
}

function raise(operations: Operations, { body, headers }: ApiRequest, id: string, event: string): ApiAnswer {
  const instance = operations.instance(id);
  if (!instance) return nothing(404);
  if (isFinished(instance.status)) return nothing(410);
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    return { status: 400, body: { Message: "Only application/json request content is supported" } };
  return nothing(codes[operations.raise(id, event, compact(body))]);
}

function hold(operations: Operations, id: string, verb: "suspend" | "resume", reason: string | null): ApiAnswer {
  const outcome = operations.hold(id, verb === "suspend", reason);
  if (outcome !== "refused") return nothing(codes[outcome]);
  const state = operations.instance(id)?.status ?? "Pending";
  return serverError(
    `Cannot ${verb} the orchestration instance ${id} because instance is in the ${state} state.`,
    "System.InvalidOperationException",
  );
}

function rewind(operations: Operations, id: string, reason: string | null): ApiAnswer {
  const outcome = operations.rewind(id, reason);
  if (outcome === "unknown") return { status: 404, body: `No orchestration with instance ID "$${id}" found.` };
  if (outcome === "done") return nothing(202);
  const state = operations.instance(id)?.status ?? "Pending";
  return {
    status: 412,
    body: `This orchestration has status ${state}, but only orchestrations in the "Failed" state can be rewound.`,
  };
}

function filterOf(query: URLSearchParams): Filter {
  const names = query.getAll("runtimeStatus").flatMap((list) => list.split(","));
  const statuses = Object.keys(statusNumbers) as RuntimeStatus[];
  const from = date(query.get("createdTimeFrom"));
  const to = date(query.get("createdTimeTo"));
  return {
    prefix: query.get("instanceIdPrefix") ?? "",
    statuses: statuses.filter((known) => names.some((name) => name.trim().toLowerCase() === known.toLowerCase())),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
}

function seconds(text: string | null): number | undefined {
  const number = Number(text ?? NaN);
  return Number.isNaN(number) ? undefined : number;
}

function date(text: string | null): Date | undefined {
  const parsed = new Date(text ?? NaN);
  return Number.isNaN(parsed.getTime()) ? undefined : parsed;
}

function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

function decode(segment: string): string {
  try {
    // As ASP.NET Core's routing: a slash that was encoded stays so.
    return decodeURIComponent(segment.replace(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return segment;
  }
}
