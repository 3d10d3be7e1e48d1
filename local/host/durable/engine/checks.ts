import type { Log } from "../../log.ts";
import { hazards, integerNames, type Hazard } from "../replay/hazards.ts";
import { isFinished, type HistoryEvent } from "../replay/history.ts";
import type { InstanceState } from "./instances.ts";
import type { Turn } from "../replay/replay.ts";
import type { Answer } from "../replay/actions.ts";
import type { Store } from "./store.ts";
import { runs, type VersionRules } from "./versions.ts";

export interface CheckOptions {
  /** An instance fails with the first hazard it meets. */
  readonly strict: boolean;
  readonly versions?: VersionRules;
}

/** Says aloud what the platform does in silence: each hazard of an instance once. */
export class Checks {
  readonly #store: Store;
  readonly #options: CheckOptions;
  readonly #log: Log;
  /** Causes that were told already, by instance. */
  readonly #told = new Map<string, Set<string>>();

  constructor(store: Store, options: CheckOptions, log: Log) {
    this.#store = store;
    this.#options = options;
    this.#log = log;
  }

  /** An instance of a version that is not run here waits in silence on the platform, or fails if host.json says so. */
  refused(instance: InstanceState): Turn | "waits" | undefined {
    const { versions, strict } = this.#options;
    if (!versions || runs(versions, instance.version)) return undefined;
    if (versions.otherwise === "Fail") return { ...nothing, completion: failure(versionMismatch) };
    const hazard = hazards.otherVersion(instance.version, versions.defaultVersion);
    if (strict) return { ...nothing, completion: failure(sentence(instance, hazard)) };
    this.#warn(instance, [hazard]);
    return "waits";
  }

  /** The turn with what may become of it; under `strict` the instance fails with its first hazard. */
  checked(instance: InstanceState, fresh: readonly HistoryEvent[], answer: Answer, turn: Turn): Turn {
    const actions = "state" in answer ? (answer.state.actions[0] ?? []) : [];
    const all = [...turn.hazards, ...integerNames(actions, fresh), ...this.#replacements(turn)];
    const [first] = all;
    const { completion } = turn;
    if (this.#options.strict && first && completion?.status !== "Failed" && completion?.status !== "Terminated") {
      for (const hazard of all) this.#log.error(sentence(instance, hazard));
      return { ...turn, actions: [], completion: failure(sentence(instance, first)) };
    }
    this.#warn(instance, all);
    if (completion && completion.status !== "ContinuedAsNew") this.#told.delete(instance.id);
    return turn;
  }

  #warn(instance: InstanceState, all: readonly Hazard[]): void {
    if (all.length === 0) return;
    const told = this.#told.get(instance.id) ?? new Set();
    for (const hazard of all) {
      if (told.has(hazard.cause)) continue;
      told.add(hazard.cause);
      this.#log.warn(`${sentence(instance, hazard)} (Azure says nothing)`);
    }
    this.#told.set(instance.id, told);
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
}

const versionMismatch = "Orchestration version did not comply with Worker Versioning";
const nothing = { actions: [], carryOver: [], customStatus: null, suspended: false, hazards: [], stuck: undefined };

/** With details, so that a parent's code sees the failure: without them the SDK stumbles. */
function failure(result: string): NonNullable<Turn["completion"]> {
  return { id: -1, status: "Failed", result, details: `Message: ${result}, StackTrace: ` };
}

function sentence({ id, name }: InstanceState, { cause, cure, stuck }: Hazard): string {
  const who = `instance "${id}" of orchestrator "${name}"`;
  return stuck ? `${who} can never move again: ${cause}; ${cure}` : `${who}: ${cause}; ${cure}`;
}
