import type { NetworkRules } from "../acr/network.ts";
import type { ManagementGroup } from "../armKit/hierarchy.ts";
import type { VaultResource, VaultStore } from "../vault/resource.ts";
import type { Replicas } from "../consistency/replicas.ts";
import type { Estate } from "../estates/estate.ts";
import type { ControllerState } from "../aks/controllers.ts";
import type { NodePulls } from "../kubelet/book.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { Authorization, Clock, Directory, Route, Service, Timings } from "../kit/contract.ts";

/** What the resource side needs from the rest of the simulated cloud. */
export interface ArmSideOptions {
  readonly estate: Estate;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Read at each use, so a change takes effect at once. */
  readonly timings: Timings;
  /** `https://localhost:8443`, without a slash at the end; asked when a request is answered, never before. */
  readonly armUrl: () => string;
  /** `https://localhost:8444`: named in the challenge of a 401. */
  readonly entraUrl: () => string;
  /** `localhost:8447`: the registry's login server; known once its listener is up. */
  readonly registryHost: (name: string) => string;
  /** `https://localhost:8460`: where the registries' blobs are, without a slash at the end. */
  readonly blobsUrl: () => string;
  /** The port on 127.0.0.1 behind a public name, where the registries have those: how the kubelets find them. */
  readonly localPort?: (host: string) => number | undefined;
  /** PEM of the authority that signed the registries' certificates: the kubelets trust it and nothing else. */
  readonly caBundle: () => string;
  readonly replicas: Replicas;
  readonly vaults: VaultStore;
  readonly vaultUrl: (vault: VaultResource) => string;
  readonly life: Life;
  readonly ids: IdMaker;
  readonly log: (line: string) => void;
}

export interface ArmSide {
  /** `arm`, then one `registry:<name>` for each registry of the estate. */
  readonly services: readonly Service[];
  readonly authorization: Authorization;
  /** For the control service: `/control/kubelet/...` and `/control/clusters...`. */
  readonly controlRoutes: readonly Route[];
  /** What became of the pulls of every node that pulled. */
  pulls(): readonly NodePulls[];
  /** Subscriptions, clusters, registries and role assignments as JSON; no secret values. */
  dump(): ArmDump;
  /** Back to the estate as it was loaded. */
  reset(): void;
  /** Keeps all of it as it is now; what comes back puts it back. Undefined while an operation is under way. */
  snapshot(): (() => void) | undefined;
}

export interface ArmDump {
  readonly subscriptions: readonly { readonly id: string; readonly tenantId: string; readonly displayName: string }[];
  readonly clusters: readonly (ClusterDump & { readonly updates: readonly UpdateDump[] })[];
  readonly registries: readonly RegistryDump[];
  readonly roleAssignments: readonly RoleAssignmentDump[];
  /** What refuses changes though roles allow them: of the estate, put by somebody, or by a switch of life. */
  readonly denyAssignments: readonly { readonly name: string; readonly scope: string }[];
  readonly locks: readonly { readonly name: string; readonly scope: string; readonly level: string }[];
  readonly policyAssignments: readonly {
    readonly name: string;
    readonly scope: string;
    readonly policyDefinitionId: string;
    /** `deny`, `modify`, `audit` and so on; `disabled` where it is not enforced. */
    readonly effect: string;
  }[];
  /** Scopes where no new role assignment is taken. */
  readonly fullScopes: readonly string[];
  /** Resources whose region does not have the newest api-version yet. */
  readonly oldVersionsOnly: readonly string[];
  /** Clusters whose way out does not reach the host of the blobs. */
  readonly clustersWithoutBlobs: readonly string[];
  /** Where everybody who is no node seems to come from. */
  readonly callerAddress: string;
  readonly managementGroups: readonly ManagementGroup[];
}

export interface ClusterDump {
  readonly id: string;
  readonly tenantId: string;
  readonly powerState: string;
  readonly provisioningState: string;
  /** `msi` on a cluster with a managed identity. */
  readonly clientId: string;
  /** Where its nodes seem to come from. */
  readonly egressAddress: string;
  /** The full id of the group its nodes are in. */
  readonly nodeResourceGroup: string;
  /** The images it pulls whenever pulls are played. */
  readonly pulls: readonly string[];
  readonly nodes: readonly NodeDump[];
  /** What acts with the cluster's credential, and whether it can. */
  readonly controllers: readonly ControllerState[];
  readonly pools: readonly { readonly name: string; readonly powerState: string; readonly provisioningState: string }[];
}

export interface NodeDump {
  readonly name: string;
  readonly pool: string;
  /** A node of a stopped cluster or pool keeps what it has, and pulls nothing. */
  readonly runs: boolean;
  /** It is being drained. */
  readonly cordoned: boolean;
  /** It stands in while others are re-imaged. */
  readonly surge: boolean;
  /** The credential it holds now: its client id and the first 12 hex digits of the SHA-256 of its secret. */
  readonly clientId: string;
  readonly secretFingerprint: string;
}

/** A reset of a cluster's credential, from the request to its end. */
export interface UpdateDump {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly status: string;
}

export interface RegistryDump {
  readonly id: string;
  readonly tenantId: string;
  readonly loginServer: string;
  readonly roleAssignmentMode: string;
  readonly authenticationAsArm: string;
  readonly repositories: readonly string[];
  /** Who may reach it, by address, as it is now. */
  readonly network: NetworkRules;
}

export interface RoleAssignmentDump {
  readonly id: string;
  readonly tenantId: string;
  readonly scope: string;
  readonly roleName: string;
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly condition?: string;
  readonly createdBy: string;
  readonly createdOn: string;
  /** When the data planes know of it. */
  readonly knownAt: string;
}
