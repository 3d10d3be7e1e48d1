import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { systemClock, type Clock } from "./clock.ts";
import { HostError } from "./errors.ts";
import { readBody } from "./http/rpcHttp.ts";
import { sendJson } from "./http/server.ts";
import { advance, jumpWhenIdle, VirtualClock, type Idleness } from "./virtualClock.ts";

/** What has to be over before time may jump. */
export interface Busy {
  /** Anything that runs in the app, or in the engine. */
  readonly working: () => boolean;
  /** Requests that only wait for an instance to end. */
  readonly waiting: () => number;
  /** Calls back when work has ended. */
  readonly whenDone: (listener: () => void) => void;
}

/** The host's time for code in this process. */
export interface HostClock {
  readonly now: () => Date;
  /**
   * Moves virtual time on by so many milliseconds and resolves when all that became due has been played, each action in
   * its turn. From the first call on time no longer jumps by itself. Rejects with a HostError where time is the system's.
   */
  readonly advance: (ms: number) => Promise<void>;
}

/** "manual": time moves by `advance` or `/admin/clock` only. A clock of the caller's can be shared with others. */
export type VirtualTime = boolean | "manual" | VirtualClock;

/** The host's time: the system's, the caller's, or virtual. */
export class HostTime {
  readonly clock: Clock;
  readonly #virtual: VirtualClock | undefined;
  readonly #isShared: boolean;
  #busy: Busy = { working: () => true, waiting: () => 0, whenDone: () => undefined };
  #pending = 0;
  /** When an answer left last, by the system's time: who got it may ask again at once. */
  #answeredAt = 0;
  /** The last of those that move time by hand; they do so one after the other. */
  #moving: Promise<void> = Promise.resolve();
  #movers = 0;
  readonly #lookers = new Set<() => void>();

  /**
   * Virtual time begins now (or when the caller's clock says), or at `notBefore` when that is later: a state file may have
   * seen it.
   */
  constructor(virtual: VirtualTime, notBefore: Date | undefined, given: Clock = systemClock) {
    this.#virtual =
      virtual instanceof VirtualClock ? virtual : virtual ? new VirtualClock(systemClock.now()) : undefined;
    if (this.#virtual && virtual === "manual") this.#virtual.automatic = false;
    this.#isShared = virtual instanceof VirtualClock;
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
        control(this.#virtual, this.#advanceTo, request, response).catch(() => response.destroy());
        return;
      }
      // Somebody who looks on does not hold time up.
      if (path === "/") return void listener(request, response);
      this.#pending += 1;
      response.once("close", () => {
        this.#pending -= 1;
        this.#answeredAt = performance.now();
        this.#changed();
      });
      listener(request, response);
    };
  }

  /** From here on time may jump; answers how to stop. `moved` is told what the app's Date has to say. */
  start(busy: Busy, moved: (nowInMs: number) => void): () => void {
    this.#busy = busy;
    busy.whenDone(this.#changed);
    const virtual = this.#virtual;
    if (!virtual) return () => undefined;
    virtual.moved = moved;
    const alone = (): boolean => this.#movers === 0 && performance.now() - this.#answeredAt > betweenRequestsInMs;
    const stop = jumpWhenIdle(virtual, { ...this.#idleness, idle: () => alone() && this.#idle() });
    return () => {
      stop();
      // What others have put on a clock of the caller's is theirs; what this host has is called off where it is stopped.
      if (!this.#isShared) virtual.stop();
    };
  }

  readonly advance = async (ms: number): Promise<void> => {
    const virtual = this.#virtual;
    if (!virtual) throw new HostError(`time is the system's: start the host with virtualTime`);
    if (!Number.isFinite(ms) || ms < 0) throw new HostError(`time goes on only: ${ms} is no number of milliseconds`);
    virtual.automatic = false;
    await this.#advanceTo(() => new Date(virtual.now().getTime() + ms));
  };

  readonly #advanceTo = async (to: () => Date): Promise<void> => {
    const virtual = this.#virtual;
    if (!virtual) return;
    this.#movers += 1;
    const move = this.#moving.then(() => advance(virtual, to(), this.#idleness)).finally(() => (this.#movers -= 1));
    // One that failed has told its caller, and does not stop the next.
    this.#moving = move.catch(() => undefined);
    await move;
  };

  readonly #changed = (): void => {
    for (const look of [...this.#lookers]) look();
  };

  readonly #idle = (): boolean => this.#pending <= this.#busy.waiting() && !this.#busy.working();

  readonly #idleness: Idleness = {
    idle: this.#idle,
    changed: () =>
      new Promise((resolve) => {
        const look = (): void => {
          clearTimeout(timer);
          this.#lookers.delete(look);
          resolve();
        };
        const timer = setTimeout(look, lookInMs);
        this.#lookers.add(look);
      }),
  };
}

/** Not every change is told: look at least so often. */
const lookInMs = 2;

/** A caller asks one thing after the other: for so long after an answer time does not jump by itself. */
const betweenRequestsInMs = 4;

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
  advanceTo: (to: () => Date) => Promise<void>,
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
    const { to, advanceInMs } = wanted;
    if (to !== undefined) await advanceTo(() => new Date(to));
    else if (advanceInMs !== undefined) await advanceTo(() => new Date(clock.now().getTime() + advanceInMs));
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
