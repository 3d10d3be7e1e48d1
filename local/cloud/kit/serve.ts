import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { aimOf, type Aim } from "./aim.ts";
import type { CallBook } from "./calls.ts";
import type { CloudClock } from "./clock.ts";
import type { Admission, Call, Reply, Route, Service } from "./contract.ts";
import { answers, type Fault, type Faults } from "./faults.ts";
import type { Recorder } from "./recorder.ts";
import { readBody, toCall, tooLarge } from "./request.ts";
import { cutConnection, send } from "./response.ts";
import { router } from "./router.ts";

/** What surrounds every route of every service. */
export interface Surroundings {
  readonly clock: CloudClock;
  readonly limits: Admission;
  /** Brings the clock up to date before a call is looked at. */
  readonly follow?: (() => Promise<void>) | undefined;
  readonly faults: Faults;
  readonly calls: CallBook;
  /** Where whole exchanges go; nowhere unless somebody asked. */
  readonly record?: Recorder | undefined;
  log(line: string): void;
}

/** `reply` is undefined where the connection was cut. */
interface Answer {
  readonly reply: Reply | undefined;
  readonly call: Call;
  readonly faulted: boolean;
}

/** Bodies beyond a service's limit are refused unread; ARM's limit. */
const defaultBodyLimitInBytes = 4 * 1024 * 1024;

/** Turns a service into what node's servers call. `url`: its base address. */
export function serve(service: Service, url: string, around: Surroundings): RequestListener {
  around.calls.offer(service.name, service.routes);
  const match = router(service.routes);
  const limitInBytes = service.bodyLimitInBytes ?? defaultBodyLimitInBytes;

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await around.follow?.();
    const startedAt = around.clock.now();
    const requestId = randomUUID();
    const address = parseUrl(request.url ?? "/", url);
    const found = match(request.method ?? "GET", address.pathname);
    const body = await readBody(request, limitInBytes);
    const call = toCall(request, address, found?.params ?? {}, body === tooLarge ? Buffer.alloc(0) : body);
    const answer =
      body === tooLarge
        ? { reply: service.tooLarge?.(call) ?? { status: 413 }, call, faulted: false }
        : await answerTo(service, around, call, found?.route);
    if (answer.reply) {
      const sent = send(response, answer.reply, { requestId, call, at: around.clock.now() });
      // A planted answer says nothing about how true this cloud is.
      if (!answer.faulted && body !== tooLarge)
        around.record?.(service.name, { request, url: address, body: call.body, status: answer.reply.status, sent });
    } else cutConnection(response);
    note(answer, { service, around, operation: found?.route.operation ?? "unknown", startedAt, requestId });
  }

  return (request, response) => {
    void exchange(request, response).catch((error: unknown) => {
      around.log(JSON.stringify({ service: service.name, defect: describe(error) }));
      response.destroy();
    });
  };
}

async function answerTo(service: Service, around: Surroundings, call: Call, route: Route | undefined): Promise<Answer> {
  const aim = (): Aim => aimOf(service, call);
  const fault = around.faults.next({ service: service.name, operation: route?.operation ?? "unknown", aim });
  if (!fault) return { ...(await handle(service, around, call, route)), faulted: false };
  if (fault.delayInMs > 0) await sleep(fault.delayInMs);
  if (fault.effect === "before" && answers(fault)) return { reply: faultReply(fault), call, faulted: true };
  const handled = await handle(service, around, call, route);
  return answers(fault) ? { ...handled, reply: faultReply(fault), faulted: true } : { ...handled, faulted: true };
}

async function handle(
  service: Service,
  around: Surroundings,
  call: Call,
  route: Route | undefined,
): Promise<{ reply: Reply; call: Call }> {
  if (!route) return { reply: service.unknown(call), call };
  try {
    const admitted = service.authenticate ? await service.authenticate(call, route) : call;
    if ("status" in admitted) return { reply: admitted, call };
    const { refused, headers } = around.limits.admit(service.name, admitted, route);
    if (refused) return { reply: refused, call: admitted };
    const reply = await route.handle(admitted);
    return { reply: { ...reply, headers: { ...headers, ...reply.headers } }, call: admitted };
  } catch (error) {
    around.log(JSON.stringify({ service: service.name, operation: route.operation, defect: describe(error) }));
    return { reply: service.broken(error), call };
  }
}

interface Exchanged {
  readonly service: Service;
  readonly around: Surroundings;
  readonly operation: string;
  readonly startedAt: number;
  readonly requestId: string;
}

/** Counts and logs an answered call, without its query, headers and bodies. */
function note({ reply, call, faulted }: Answer, { service, around, operation, startedAt, requestId }: Exchanged): void {
  const { method, url, principal } = call;
  const appId = principal?.appId ?? aimOf(service, call).callers[0];
  const record = {
    at: new Date(startedAt).toISOString(),
    service: service.name,
    operation,
    method,
    path: url.pathname,
    status: reply?.status ?? 0,
    durationInMs: around.clock.now() - startedAt,
    requestId,
    ...(principal && { caller: { appId: principal.appId, tenantId: principal.tenantId } }),
    ...(faulted && { faulted: true as const }),
  };
  around.calls.record(record, appId);
  around.log(JSON.stringify(record));
}

function faultReply(fault: Fault): Reply | undefined {
  if (fault.cut) return undefined;
  const status = fault.status ?? 500;
  const body = fault.body ?? {
    error: { code: "InjectedFault", message: "A fault planted through the control service." },
  };
  return { status, headers: fault.headers, body };
}

function parseUrl(target: string, base: string): URL {
  return URL.parse(target.startsWith("/") ? `${base}${target}` : target) ?? new URL(base);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
