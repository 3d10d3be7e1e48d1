import type { Clock } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";

export interface SecretVersion {
  readonly version: string;
  /** Stays in this process and in the vault's own answers. */
  readonly value: string;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  /** Seconds since the epoch, as Key Vault counts. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly created: number;
  readonly updated: number;
}

export type SecretChange = Partial<Pick<SecretVersion, "contentType" | "tags" | "enabled" | "exp" | "nbf">>;

export interface Named {
  /** As first spelt. */
  readonly name: string;
  readonly versions: SecretVersion[];
}

/** How long deleting or recovering takes, in milliseconds of the clock. */
export interface Slowness {
  /** Until it shows. */
  readonly shownInMs: number;
  /** Until the name is free of conflict. */
  readonly settledInMs: number;
}

export interface StoreNeeds {
  readonly clock: Clock;
  readonly ids: IdMaker;
  readonly slowness: (name: string) => Slowness;
  readonly retentionInDays: () => number;
}
