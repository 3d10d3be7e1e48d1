import type { OnBoundary } from "../boundaries.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { record, type Outgoing } from "./episode.ts";
import { hazards, integerNames, type Hazard } from "./hazards.ts";
import { EventType, historyEvent, isFinished, played, type BareEvent, type HistoryEvent } from "./history.ts";
import type { InstanceState } from "./payloads.ts";
import { replay, type Turn } from "./replay.ts";
import type { Answer, Surroundings } from "./shim.ts";
import type { ActivityWork, Message, Store } from "./store.ts";
import { runs, type VersionRules } from "./versions.ts";
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
  readonly onBoundary?: OnBoundary;
}

/** Runs the episodes: one of an instance at a time, each with all messages that came meanwhile. */
export class Engine {
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #functions: Functions;
  readonly #options: EngineOptions;
  /** Hazards that were told already, by instance. */
  readonly #told = new Map<string, Set<string>>();
  readonly #log: Log;
  readonly #work: Work;
  #stopped = false;

  constructor(store: Store, clock: Clock, functions: Functions, options: EngineOptions, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#functions = functions;
    this.#options = options;
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
      while (!this.#stopped && (await this.#episode(id))) this.#again.delete(id);
    } catch (error) {
      if (this.#stopped) return;
      this.#log.error(`an episode of instance "${id}" failed and will be tried again`, error);
      await pause(this.#functions.ready);
      this.#again.add(id);
    }
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
    const refused = this.#refused(instance);
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
      return record(this.#store, instance, fresh, turn, this.#clock.now());
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
    return this.#checked(instance, fresh, answer, replay(history, answer, this.#surroundings(instance)));
  }

  /** An instance of a version that is not run here waits in silence on the platform, or fails if host.json says so. */
  #refused(instance: InstanceState): Turn | "waits" | undefined {
    const { versions, strict } = this.#options;
    if (!versions || runs(versions, instance.version)) return undefined;
    const hazard = hazards.otherVersion(instance.version, versions.defaultVersion);
    const text = versions.otherwise === "Fail" ? versionMismatch : sentence(instance, hazard);
    if (strict || versions.otherwise === "Fail") return failed(text);
    if (!this.#told.has(instance.id)) this.#log.warn(`${text} (Azure says nothing)`);
    this.#told.set(instance.id, new Set([hazard.cause]));
    return "waits";
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
    };
  }

  /** Says aloud, once, what the platform does in silence; under `strict` the instance fails with it. */
  #checked(instance: InstanceState, fresh: readonly HistoryEvent[], answer: Answer, turn: Turn): Turn {
    const actions = "state" in answer ? (answer.state.actions[0] ?? []) : [];
    const all = [...turn.hazards, ...integerNames(actions, fresh), ...this.#replacements(turn)];
    const told = this.#told.get(instance.id) ?? new Set();
    const news = all.filter(({ cause }) => !told.has(cause));
    const ended = turn.completion !== undefined && turn.completion.status !== "ContinuedAsNew";
    const texts = [...new Set(news.map((hazard) => sentence(instance, hazard)))];
    const [first] = texts;
    if (this.#options.strict && first !== undefined && !ended) {
      texts.forEach((text) => {
        this.#log.error(text);
      });
      return { ...turn, actions: [], completion: { id: -1, status: "Failed", result: first, details: null } };
    }
    for (const text of texts) this.#log.warn(`${text} (Azure says nothing)`);
    if (ended) this.#told.delete(instance.id);
    else if (news.length > 0) this.#told.set(instance.id, new Set([...told, ...news.map(({ cause }) => cause)]));
    return turn;
  }

  /** Live instances that the children of this turn throw away. */
  #replacements({ actions, completion }: Turn): Hazard[] {
    if (completion?.status === "ContinuedAsNew") return [];
    const ids = actions.flatMap((action) => (action.kind === "child" ? [action.instanceId] : []));
    return ids.flatMap((id, index) => {
      if (ids.indexOf(id) < index) return [hazards.twins(id)];
      const former = this.#store.instance(id);
      if (!former || isFinished(former.status)) return [];
      const parent = former.parent?.OrchestrationInstance;
      const waits = parent && this.#store.instance(parent.InstanceId);
      const lost = waits && !isFinished(waits.status) && waits.executionId === parent?.ExecutionId;
      return [hazards.replacesLive(id, lost ? waits.id : undefined)];
    });
  }

  #send({ activities, timers, woken }: Outgoing): void {
    this.#work.add(activities, timers);
    woken.forEach(this.wake);
  }
}

const versionMismatch = "Orchestration version did not comply with Worker Versioning";

function failed(result: string): Turn {
  const completion = { id: -1, status: "Failed", result, details: null } as const;
  return {
    actions: [],
    completion,
    carryOver: [],
    customStatus: null,
    suspended: false,
    hazards: [],
    stuck: undefined,
  };
}

function sentence({ id, name }: InstanceState, { cause, cure, stuck }: Hazard): string {
  const who = `instance "${id}" of orchestrator "${name}"`;
  return stuck ? `${who} can never move again: ${cause}; ${cure}` : `${who}: ${cause}; ${cure}`;
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
