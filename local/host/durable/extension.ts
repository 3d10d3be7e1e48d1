import type { AppProcess, Invocation } from "../appProcess.ts";
import type { OnBoundary } from "../boundaries.ts";
import type { AppConfig } from "../config.ts";
import type { HostTime } from "../hostTime.ts";
import type { Log } from "../log.ts";
import type { FunctionMetadata } from "../worker/messages.ts";
import { createApi } from "./api/api.ts";
import type { ApiAnswer, ApiRequest } from "./api/messages.ts";
import type { Addresses } from "./api/payloads.ts";
import { Engine } from "./engine/engine.ts";
import { durableFunctions } from "./engine/functions.ts";
import { Operations } from "./engine/operations.ts";
import type { Store } from "./engine/store.ts";

export type ClientInputs = (metadata: FunctionMetadata) => Invocation["inputs"];

export interface DurableOptions {
  readonly strict?: boolean;
  readonly timerLatenessInMs?: number;
  readonly onBoundary?: OnBoundary;
}

export interface DurableParts {
  readonly store: Store;
  readonly app: AppProcess;
  readonly log: Log;
  readonly time: HostTime;
  readonly addresses: Addresses;
  readonly clientInputs: ClientInputs;
  readonly closers: (() => Promise<void> | void)[];
}

/** The Durable extension over the store, going on with what the store holds. */
export function startDurable(
  options: DurableOptions,
  config: AppConfig,
  parts: DurableParts,
): { readonly operations: Operations; readonly api: (request: ApiRequest) => Promise<ApiAnswer> } {
  const { store, app, log, time, addresses, clientInputs, closers } = parts;
  const { clock } = time;
  const engine = new Engine(
    store,
    clock,
    durableFunctions(app, clientInputs, config.durable),
    {
      ...config.durable,
      strict: options.strict ?? false,
      timerLatenessInMs: options.timerLatenessInMs ?? 0,
      ...(options.onBoundary ? { onBoundary: options.onBoundary } : {}),
    },
    log,
  );
  closers.push(engine.stop);
  engine.recover();
  const operations = new Operations(store, engine, clock, config.durable);
  const busy = {
    working: () => app.busy || engine.busy,
    waiting: () => operations.waiting,
    whenDone: (listener: () => void) => {
      app.whenIdle = listener;
      engine.whenIdle = listener;
    },
  };
  closers.push(time.start(busy, app.setClock));
  return { operations, api: createApi({ operations, addresses: () => addresses }) };
}
