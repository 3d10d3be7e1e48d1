import type { OnBoundary } from "../../boundaries.ts";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { Checks } from "./checks.ts";
import { record, type Outgoing } from "./episode.ts";
import { EventType, historyEvent, isFinished, played, type BareEvent, type HistoryEvent } from "../replay/history.ts";
import type { InstanceState } from "./instances.ts";
import { replay, type Turn } from "../replay/replay.ts";
import type { Answer } from "../replay/actions.ts";
import type { Surroundings } from "../replay/actionRunner.ts";
import type { ActivityWork, Message, Store } from "./store.ts";
import type { VersionRules } from "./versions.ts";
import { pause, Work } from "./work.ts";

/** How the engine reaches the app; both calls reject when it is not known what happened, and are made again then. */
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
  /** Any version runs, and children have none, unless given. */
  readonly versions?: VersionRules;
  /** How long `callHttp` rests where an answer of 202 does not say; 30 s unless given. */
  readonly httpPollingInMs?: number;
  /** How many activities, children and timers a generation may ask for; any number unless given. */
  readonly maxOrchestrationActions?: number;
  /** Whether history keeps what activities and children were called with. */
  readonly storeInputs?: boolean;
  readonly onBoundary?: OnBoundary;
}

const shortEpisodeInMs = 5;
const longestRestInMs = 1000;

/** Runs the episodes: one of an instance at a time, each with all messages that came meanwhile. */
export class Engine {
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #functions: Functions;
  readonly #options: EngineOptions;
  readonly #checks: Checks;
  readonly #log: Log;
  readonly #work: Work;
  #stopped = false;
  /** Called when an instance has nothing to do any more. */
  whenIdle: () => void = () => undefined;

  constructor(store: Store, clock: Clock, functions: Functions, options: EngineOptions, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#functions = functions;
    this.#options = options;
    this.#checks = new Checks(store, options, log);
    this.#log = log;
    const { perform, ready } = functions;
    this.#work = new Work(store, clock, log, { ...options, perform, ready, wake: this.wake });
  }

  /** To be called after a message to the instance was committed. */
  readonly wake = (id: string): void => {
    if (this.#stopped) return;
    if (this.#busy.has(id)) {
      this.#again.add(id);
      return;
    }
    this.#busy.add(id);
    void this.#run(id).finally(() => {
      this.#busy.delete(id);
      if (this.#again.delete(id)) this.wake(id);
      else this.whenIdle();
    });
  };

  /** Takes up what the store holds from before. */
  recover(): void {
    const { activities, timers, ids } = this.#store.pending();
    this.#work.add(activities, timers);
    ids.forEach(this.wake);
  }

  /** Calls back after every episode of the instance; answers how to stop it. */
  watch(id: string, listener: () => void): () => void {
    const listeners = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watchers.delete(id);
    };
  }

  /** Whether an episode or an activity runs or is about to. */
  get busy(): boolean {
    return this.#busy.size > 0 || this.#work.busy;
  }

  /** From here on nothing is started and nothing is written. */
  readonly stop = (): void => {
    this.#stopped = true;
    this.#work.stop();
  };

  async #run(id: string): Promise<void> {
    try {
      for (;;) {
        const began = performance.now();
        if (this.#stopped || !(await this.#episode(id))) break;
        this.#again.delete(id);
        await this.#rest(id, performance.now() - began);
      }
    } catch (error) {
      if (this.#stopped) return;
      this.#log.error(`an episode of instance "${id}" failed and will be tried again`, error);
      await pause(this.#functions.ready);
      this.#again.add(id);
    }
  }

  /**
   * A long history makes long episodes, in which the app's one thread runs no activity: while activities are to end, as much
   * time goes to them, and their answers come together. They are committed as they come.
   */
  async #rest(id: string, tookInMs: number): Promise<void> {
    if (tookInMs >= shortEpisodeInMs) await this.#work.rest(id, Math.min(tookInMs, longestRestInMs));
  }

  /** One turn of one instance; false when there was nothing to do. */
  async #episode(id: string): Promise<boolean> {
    const taken = nextTurn(this.#store.inbox(id));
    if (taken.length === 0) return false;
    const seqs = taken.map(({ seq }) => seq);
    const instance = this.#store.instance(id);
    const events = instance && relevant(instance, taken);
    if (!events) {
      this.#store.transaction(() => {
        this.#store.take(seqs);
      });
      return true;
    }
    const refused = this.#checks.refused(instance);
    if (refused === "waits") return false;
    const now = this.#clock.now();
    const opening = events.length > 0 ? [historyEvent({ EventType: EventType.OrchestratorStarted }, now)] : [];
    const fresh = [...opening, ...events];
    const past = this.#store.history(id).map((event, index) => (index < instance.consumed ? played(event) : event));
    const history = [...past, ...fresh];
    const turn = refused ?? (await this.#turn(instance, fresh, history));
    if (this.#stopped) return false;
    const outgoing = this.#store.transaction(() => {
      this.#store.take(seqs);
      // Purged or replaced meanwhile: what this generation decided is nobody's any more.
      if (this.#store.instance(id)?.executionId !== instance.executionId) return undefined;
      return record(this.#store, instance, fresh, turn, {
        now: this.#clock.now(),
        storeInputs: this.#options.storeInputs ?? false,
      });
    });
    if (outgoing) this.#send(outgoing);
    for (const listener of this.#watchers.get(id) ?? []) listener();
    return true;
  }

  async #turn(
    instance: InstanceState,
    fresh: readonly HistoryEvent[],
    history: readonly HistoryEvent[],
  ): Promise<Turn> {
    this.#options.onBoundary?.("before orchestrator");
    const answer = await this.#ask(instance, history);
    this.#options.onBoundary?.("after orchestrator");
    return this.#checks.checked(instance, fresh, answer, replay(history, answer, this.#surroundings(instance)));
  }

  async #ask(instance: InstanceState, history: readonly HistoryEvent[]): Promise<Answer> {
    const { hasOrchestrator, orchestrate, orchestrators } = this.#functions;
    if (hasOrchestrator(instance.name)) return orchestrate(instance, history);
    const known = orchestrators().map((name) => `'${name}'`);
    return {
      failure: `The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: The following are the known orchestrator functions: ${known.join(", ")}.`,
    };
  }

  #surroundings(instance: InstanceState): Surroundings {
    const { hasActivity, hasOrchestrator } = this.#functions;
    return {
      orchestrator: instance.name,
      instanceId: instance.id,
      executionId: instance.executionId,
      defaultVersion: this.#options.versions?.defaultVersion ?? "",
      parentId: instance.parent?.OrchestrationInstance.InstanceId,
      hasActivity,
      hasOrchestrator,
      httpPollingInMs: this.#options.httpPollingInMs,
      maxActions: this.#options.maxOrchestrationActions,
    };
  }

  #send({ activities, timers, woken }: Outgoing): void {
    this.#work.add(activities, timers);
    woken.forEach(this.wake);
  }
}

/** A generation that starts itself does so alone: messages after it belong to its next turn. */
function nextTurn(inbox: readonly Message[]): readonly Message[] {
  const own = inbox.find(({ event }) => event === null);
  return own ? [own] : inbox;
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
