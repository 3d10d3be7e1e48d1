import type { Dump } from "./judge/dump.ts";
import type { CallCount, LifeState, NodePulls, Pull } from "./judge/evidence.ts";

/** The simulated cloud's control service, as far as a simulation needs it. */
export interface Twin {
  state(): Promise<Dump>;
  life(): Promise<readonly LifeState[]>;
  /** Every node of the cluster pulls with what it holds. */
  pull(clusterId: string, image: string): Promise<Pull>;
  /** From now on every node of the cluster pulls again and again. */
  pullAgain(clusterId: string, image: string, everyInSeconds: number): Promise<void>;
  pulls(): Promise<readonly NodePulls[]>;
  consent(tenantId: string, clientId: string): Promise<void>;
  /** Who called what so far. */
  calls(): Promise<readonly CallCount[]>;
}

export function twinAt(controlUrl: string): Twin {
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Body;
  };
  return {
    state: () => call("GET", "/control/state"),
    life: () => call("GET", "/control/life"),
    pull: (clusterId, image) => call("POST", "/control/kubelet/pull", { clusterId, image }),
    pullAgain: (clusterId, image, everyInSeconds) =>
      call("POST", "/control/kubelet/continuous", { clusterId, image, everyInSeconds }),
    pulls: async () => (await call<{ nodes: readonly NodePulls[] }>("GET", "/control/kubelet/continuous")).nodes,
    consent: (tenantId, clientId) => call("POST", "/control/consent", { tenantId, clientId, accept: true }),
    calls: async () => (await call<{ byCaller: readonly CallCount[] }>("GET", "/control/calls")).byCaller,
  };
}
