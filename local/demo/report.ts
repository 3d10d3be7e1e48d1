import type { LinkView } from "../stack/api.ts";
import type { Stack } from "../stack/stack.ts";

/** What `--json` prints, and nothing else: one document on stdout. */
export interface Report {
  readonly link: LinkView;
  /** Crosspull's own proof, and the pull the cluster's node made with the credential it now holds. */
  readonly proof: LinkView["proof"] & { readonly kubelet: KubeletPull };
  readonly operation: LinkView["operation"];
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Answer of the simulated kubelet. */
export type KubeletPull = {
  readonly pulled: boolean;
  readonly digest?: string;
  readonly bytes?: number;
  readonly clientId?: string;
  readonly stage?: string;
  readonly message?: string;
};

/** Lets a node of the cluster pull the image, with exactly the credential the node holds. */
export async function pullOnCluster(stack: Stack, link: LinkView): Promise<KubeletPull> {
  const response = await fetch(`${stack.cloud.controlUrl}/control/kubelet/pull`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      clusterId: link.cluster,
      image: `${stack.cloud.env["ACR_LOGIN_SERVER"] ?? ""}/${link.image ?? ""}`,
    }),
  });
  return (await response.json()) as KubeletPull;
}

/** Throws the reason when the link is not proved, on both sides, with one digest. */
export function reportOf(link: LinkView, kubelet: KubeletPull, stack: Stack): Report {
  if (link.status !== "ready" || !link.proof) {
    const { code = "?", title = "", detail = "", remedy = "" } = link.problem ?? {};
    throw new Error(`the link is ${link.status}: ${code} ${title}: ${detail}\n${remedy}`);
  }
  if (!kubelet.pulled) throw new Error(`the cluster could not pull: ${kubelet.stage ?? ""}: ${kubelet.message ?? ""}`);
  if (kubelet.digest !== link.proof.digest) {
    throw new Error(`the cluster pulled ${kubelet.digest}, but ${link.proof.digest} was proved`);
  }
  return { link, proof: { ...link.proof, kubelet }, operation: link.operation, endpoints: endpointsOf(stack) };
}

export function endpointsOf({ url, cloud, envFile }: Stack): Record<string, string> {
  const {
    ENTRA_URL = "",
    ARM_URL = "",
    GRAPH_URL = "",
    VAULT_URL = "",
    ACR_LOGIN_SERVER = "",
    CA_BUNDLE = "",
  } = cloud.env;
  return {
    api: `${url}/api/links`,
    health: `${url}/api/health`,
    cloud: cloud.controlUrl,
    entra: ENTRA_URL,
    arm: ARM_URL,
    graph: GRAPH_URL,
    vault: VAULT_URL,
    registry: `https://${ACR_LOGIN_SERVER}`,
    caBundle: CA_BUNDLE,
    envFile,
  };
}
