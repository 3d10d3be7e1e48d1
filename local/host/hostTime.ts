import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { systemClock, type Clock } from "./clock.ts";
import { readBody } from "./http/rpcHttp.ts";
import { sendJson } from "./http/server.ts";
import { advance, jumpWhenIdle, VirtualClock } from "./virtualClock.ts";

/** What has to be over before time may jump. */
export interface Busy {
  /** Anything that runs in the app, or in the engine. */
  readonly working: () => boolean;
  /** Requests that only wait for an instance to end. */
  readonly waiting: () => number;
}

/** The host's time: the system's, the caller's, or virtual. */
export class HostTime {
  readonly clock: Clock;
  readonly #virtual: VirtualClock | undefined;
  #busy: Busy = { working: () => true, waiting: () => 0 };
  #pending = 0;

  /**
   * Virtual time begins now (or when the caller's clock says), or at `notBefore` when that is later: a state file may have
   * seen it.
   */
  constructor(virtual: boolean | VirtualClock, notBefore: Date | undefined, given: Clock = systemClock) {
    this.#virtual = virtual === true ? new VirtualClock(systemClock.now()) : virtual || undefined;
    this.clock = this.#virtual ?? given;
    if (notBefore) this.#virtual?.jump(notBefore);
  }

  /** What the app's Date has to say; undefined when it is the system's. */
  get virtualNowInMs(): number | undefined {
    return this.#virtual?.now().getTime();
  }

  /** Answers `/admin/clock`, and counts what else is asked. */
  around(listener: RequestListener): RequestListener {
    return (request, response) => {
      const path = (request.url ?? "").split("?", 1)[0]?.toLowerCase();
      if (path === "/admin/clock") {
        control(this.#virtual, this.#idle, request, response).catch(() => response.destroy());
        return;
      }
      // Somebody who looks on does not hold time up.
      if (path === "/") return void listener(request, response);
      this.#pending += 1;
      response.once("close", () => {
        this.#pending -= 1;
      });
      listener(request, response);
    };
  }

  /** From here on time may jump; answers how to stop. `moved` is told what the app's Date has to say. */
  start(busy: Busy, moved: (nowInMs: number) => void): () => void {
    this.#busy = busy;
    const virtual = this.#virtual;
    if (!virtual) return () => undefined;
    virtual.moved = moved;
    const stop = jumpWhenIdle(virtual, this.#idle);
    return () => {
      stop();
      virtual.stop();
    };
  }

  readonly #idle = (): boolean => this.#pending <= this.#busy.waiting() && !this.#busy.working();
}

interface Wanted {
  readonly advanceInMs?: number;
  readonly to?: string;
  readonly automatic?: boolean;
}

/**
 * `GET` tells the time; `POST` moves it on with `{"advanceInMs": n}` or `{"to": "<ISO 8601>"}`, and `{"automatic": false}`
 * holds it back from jumping by itself. `clock` undefined: the system's, which cannot be moved.
 */
async function control(
  clock: VirtualClock | undefined,
  idle: () => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "POST") {
    if (!clock) return sendJson(response, 409, { Message: "time is the system's: start the host with --virtual-time" });
    const wanted = wantedOf((await readBody(request)).toString());
    if (!wanted) {
      const Message = 'The body must be {"advanceInMs": <number>}, {"to": "<ISO 8601>"} or {"automatic": <boolean>}';
      return sendJson(response, 400, { Message });
    }
    if (wanted.automatic !== undefined) clock.automatic = wanted.automatic;
    const to = wanted.to === undefined ? clock.now().getTime() + (wanted.advanceInMs ?? 0) : Date.parse(wanted.to);
    if (wanted.to !== undefined || wanted.advanceInMs !== undefined) await advance(clock, new Date(to), idle);
  } else if (request.method !== "GET") return sendJson(response, 404);
  return sendJson(response, 200, {
    now: (clock ?? systemClock).now().toISOString(),
    virtual: clock !== undefined,
    automatic: clock?.automatic ?? false,
    next: clock?.next()?.toISOString() ?? null,
  });
}

function wantedOf(body: string): Wanted | undefined {
  try {
    const { advanceInMs, to, automatic } = JSON.parse(body) as Wanted;
    const given = [advanceInMs, to, automatic].filter((value) => value !== undefined);
    if (given.length === 0) return undefined;
    if (advanceInMs !== undefined && !(typeof advanceInMs === "number" && advanceInMs >= 0)) return undefined;
    if (to !== undefined && Number.isNaN(Date.parse(to))) return undefined;
    if (automatic !== undefined && typeof automatic !== "boolean") return undefined;
    return {
      ...(advanceInMs === undefined ? {} : { advanceInMs }),
      ...(to === undefined ? {} : { to }),
      ...(automatic === undefined ? {} : { automatic }),
    };
  } catch {
    return undefined;
  }
}
