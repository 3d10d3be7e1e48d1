import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { record, type Outgoing } from "./episode.ts";
import { EventType, historyEvent, isFinished, played, ticks, type BareEvent, type HistoryEvent } from "./history.ts";
import type { InstanceState } from "./payloads.ts";
import { replay, type Turn } from "./replay.ts";
import type { Answer, Surroundings } from "./shim.ts";
import type { ActivityWork, Message, Store, TimerWork } from "./store.ts";

/** How the engine reaches the app; both reject when it is not known what happened, and are asked again then. */
export interface Functions {
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
  /** Names of the orchestrators, for a message. */
  readonly orchestrators: () => readonly string[];
  readonly orchestrate: (instance: InstanceState, history: readonly HistoryEvent[]) => Promise<Answer>;
  /** The event an activity ends with. */
  readonly perform: (work: ActivityWork) => Promise<BareEvent>;
  /** Resolves when the app can be asked again. */
  readonly ready: () => Promise<void>;
}

export interface EngineOptions {
  readonly maxConcurrentActivities: number;
  /** Instances that can never move again fail instead of waiting for ever. */
  readonly strict: boolean;
  /** How much later than due a durable timer fires. */
  readonly timerLatenessInMs: number;
}

export interface Engine {
  /** To be called after a message to the instance was committed. */
  readonly wake: (id: string) => void;
  /** Takes up what the store holds from before. */
  readonly recover: () => void;
  /** Calls back after every committed episode of the instance; returns how to stop it. */
  readonly watch: (id: string, listener: () => void) => () => void;
  /** From here on nothing is started and nothing is written. */
  readonly stop: () => void;
}

const retryInMs = 200;

export function createEngine(
  store: Store,
  clock: Clock,
  functions: Functions,
  options: EngineOptions,
  log: Log,
): Engine {
  const busy = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const timers = new Set<() => void>();
  const queue: ActivityWork[] = [];
  const watchers = new Map<string, Set<() => void>>();
  let performing = 0;
  let stopped = false;

  const wake = (id: string): void => {
    if (stopped) return;
    if (busy.has(id)) {
      again.add(id);
      return;
    }
    const running = work(id).finally(() => {
      busy.delete(id);
      if (again.delete(id)) wake(id);
    });
    busy.set(id, running);
  };

  async function work(id: string): Promise<void> {
    try {
      while (!stopped && (await episode(id))) again.delete(id);
    } catch (error) {
      if (stopped) return;
      log.error(`an episode of instance "${id}" failed and will be tried again`, error);
      await pause();
      again.add(id);
    }
  }

  /** One turn of one instance; false when there was nothing to do. */
  async function episode(id: string): Promise<boolean> {
    const inbox = store.inbox(id);
    if (inbox.length === 0) return false;
    // A generation that starts itself does so alone, as the messages after it belong to its next turn.
    const taken = inbox[0]?.event === null ? inbox.slice(0, 1) : inbox.filter(({ event }) => event !== null);
    const instance = store.instance(id);
    const events = instance ? relevant(instance, taken) : undefined;
    if (!instance || !events) {
      store.transaction(() => {
        store.take(taken.map(({ seq }) => seq));
      });
      return true;
    }
    const now = clock.now();
    const opening = events.length > 0 ? [historyEvent({ EventType: EventType.OrchestratorStarted }, now)] : [];
    const fresh = [...opening, ...events];
    const past = store.history(id).map((event, index) => (index < instance.consumed ? played(event) : event));
    const history = [...past, ...fresh];
    const answer = await ask(instance, history);
    if (stopped) return false;
    const turn = checked(instance, replay(history, answer, surroundings(instance)));
    const outgoing = store.transaction(() => {
      store.take(taken.map(({ seq }) => seq));
      const current = store.instance(id)?.executionId === instance.executionId;
      return current ? record(store, instance, fresh, turn, clock.now()) : undefined;
    });
    if (outgoing) send(instance, outgoing);
    for (const listener of watchers.get(id) ?? []) listener();
    return true;
  }

  async function ask(instance: InstanceState, history: readonly HistoryEvent[]): Promise<Answer> {
    if (functions.hasOrchestrator(instance.name)) return functions.orchestrate(instance, history);
    const known = functions.orchestrators().map((name) => `'${name}'`);
    return {
      failure: `The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: The following are the known orchestrator functions: ${known.join(", ")}.`,
    };
  }

  function surroundings(instance: InstanceState): Surroundings {
    return {
      orchestrator: instance.name,
      instanceId: instance.id,
      executionId: instance.executionId,
      parentId: instance.parent?.OrchestrationInstance.InstanceId,
      hasActivity: functions.hasActivity,
      hasOrchestrator: functions.hasOrchestrator,
    };
  }

  /** Says aloud what the platform does in silence; under `strict` an instance that can never move again fails. */
  function checked(instance: InstanceState, turn: Turn): Turn {
    const who = `instance "${instance.id}" of orchestrator "${instance.name}"`;
    for (const names of turn.mismatched) {
      log.warn(
        `${who}: an event took a waiter of another spelling (${names}), and the code never sees it; names are case-sensitive`,
      );
    }
    if (turn.stuck === undefined) return turn;
    const text = `${who} can never move again: ${turn.stuck}. Correct the code, terminate the instance and start it again`;
    if (!options.strict) {
      log.warn(`${text}. Azure would leave it Running without a word`);
      return turn;
    }
    log.error(text);
    return { ...turn, actions: [], completion: { id: -1, status: "Failed", result: text, details: null } };
  }

  function send(instance: InstanceState, { activities, timers: due, woken, replaced }: Outgoing): void {
    for (const id of replaced) {
      log.warn(
        `instance "${instance.id}" of orchestrator "${instance.name}" threw away the live instance "${id}" by calling a sub-orchestration with its id; give children ids of their own`,
      );
    }
    queue.push(...activities);
    pump();
    due.forEach(arm);
    woken.forEach(wake);
  }

  function pump(): void {
    while (!stopped && performing < options.maxConcurrentActivities) {
      const next = queue.shift();
      if (!next) return;
      performing += 1;
      void perform(next).finally(() => {
        performing -= 1;
        pump();
      });
    }
  }

  async function pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, retryInMs));
    await functions.ready();
  }

  /** At least once: work leaves the store only together with its result. */
  async function perform(activity: ActivityWork): Promise<void> {
    try {
      const event = await functions.perform(activity);
      if (stopped) return;
      deliver(activity.instanceId, activity.executionId, event, () => store.removeActivity(activity));
    } catch (error) {
      if (stopped) return;
      log.warn(`activity "${activity.name}" of instance "${activity.instanceId}" is run again: ${messageOf(error)}`);
      await pause();
      queue.push(activity);
    }
  }

  function arm(timer: TimerWork): void {
    const cancel = clock.at(new Date(timer.fireAt + options.timerLatenessInMs), () => {
      timers.delete(cancel);
      const event: BareEvent = {
        EventType: EventType.TimerFired,
        TimerId: timer.timerId,
        FireAt: ticks(new Date(timer.fireAt)),
      };
      deliver(timer.instanceId, timer.executionId, event, () => store.removeTimer(timer));
    });
    timers.add(cancel);
  }

  /** Puts the event in the inbox in the transaction that removes its cause; a cause that is gone was answered before. */
  function deliver(id: string, executionId: string, event: BareEvent, remove: () => boolean): void {
    const delivered = store.transaction(() => {
      if (!remove()) return false;
      store.send(id, executionId, historyEvent(event, clock.now()));
      return true;
    });
    if (delivered) wake(id);
  }

  return {
    wake,
    recover() {
      const { activities, timers: due, ids } = store.pending();
      queue.push(...activities);
      pump();
      due.forEach(arm);
      ids.forEach(wake);
    },
    watch(id, listener) {
      const listeners = watchers.get(id) ?? new Set();
      watchers.set(id, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) watchers.delete(id);
      };
    },
    stop() {
      stopped = true;
      for (const cancel of timers) cancel();
    },
  };
}

/** The events an episode takes; undefined when the instance takes none. Late ones of an earlier generation are dropped. */
function relevant(instance: InstanceState, taken: readonly Message[]): HistoryEvent[] | undefined {
  if (isFinished(instance.status)) return undefined;
  if (taken[0]?.event === null) return taken[0].executionId === instance.executionId ? [] : undefined;
  const events = taken
    .filter(({ executionId }) => executionId === null || executionId === instance.executionId)
    .flatMap(({ event }) => (event ? [event] : []));
  return events.length > 0 ? events : undefined;
}
