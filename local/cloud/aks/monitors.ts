import { signedAddress } from "../armKit/signedAddress.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { provider } from "./paths.ts";
import type { Operation } from "./store.ts";

/** The two places at which an operation is followed. */
export type Monitor = "operations" | "operationresults";

interface Needs {
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  readonly armUrl: () => string;
}

/** How operations are followed, and how they get lost. */
export interface Monitors {
  /** Both addresses, and when to come back. */
  headers(operation: Operation, apiVersion: string): Readonly<Record<string, string>>;
  retryAfter(): Readonly<Record<string, string>>;
  /** Is the operation unknown there now: not yet, or no more? */
  isLost(operation: Operation, monitor: Monitor): boolean;
  /** Does its status carry the error of an older operation besides? */
  isNotLatest(operation: Operation): boolean;
}

const shareYoung = 0.1;
const shareForgotten = 0.2;
const shareNotLatest = 1 / 3;

export function monitorsOf({ clock, timings, life, armUrl }: Needs): Monitors {
  const drew = (name: string, key: string, share: number): boolean => life.on(name) && life.chance(name, key) < share;
  const isYoung = ({ id, startedAt }: Operation, monitor: Monitor): boolean => {
    const key = `${id}/${monitor}`;
    const seconds = 300 * life.chance("youngOperations", `${key}/for`);
    return drew("youngOperations", key, shareYoung) && clock.now() < startedAt + inClockMs(timings, seconds);
  };
  const isForgotten = ({ id, status, endedAt = 0 }: Operation): boolean => {
    const seconds = 60 + 3540 * life.chance("forgottenOperations", `${id}/after`);
    const isDue = status === "Succeeded" && clock.now() >= endedAt + inClockMs(timings, seconds);
    return isDue && drew("forgottenOperations", id, shareForgotten);
  };
  const struck = (name: string, holds: boolean): boolean => {
    if (holds) life.strike(name);
    return holds;
  };
  const retryAfter = (): Readonly<Record<string, string>> => {
    const { speed, reimagePerNodeInSeconds } = timings;
    // A node's time, ten simulated seconds at most; never 0, which the Azure CLI takes for 30.
    return { "retry-after": String(Math.max(1, Math.ceil(Math.min(10, reimagePerNodeInSeconds) / speed))) };
  };
  return {
    headers: (operation, apiVersion) => {
      const { subscriptionId, location, id } = operation;
      const base = `${armUrl()}/subscriptions/${subscriptionId}/${provider}/locations/${location}`;
      const isLong = struck("longPollingAddresses", life.on("longPollingAddresses"));
      const at = (monitor: Monitor): string => {
        const address = `${base}/${monitor}/${id}`;
        return isLong ? signedAddress(address, clock.now()) : `${address}?api-version=${apiVersion}`;
      };
      return { "azure-asyncoperation": at("operations"), location: at("operationresults"), ...retryAfter() };
    },
    retryAfter,
    isLost: (operation, monitor) =>
      struck("youngOperations", isYoung(operation, monitor)) || struck("forgottenOperations", isForgotten(operation)),
    isNotLatest: (operation) =>
      struck("notLatestOperations", drew("notLatestOperations", operation.id, shareNotLatest)),
  };
}
