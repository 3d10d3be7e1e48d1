import type { Service } from "../kit/contract.ts";
import { createVault, type VaultOptions } from "./index.ts";
import type { VaultResource } from "./resource.ts";

interface AllOptions extends Omit<VaultOptions, "vault" | "vaultUrl"> {
  readonly vaultUrl: (vault: VaultResource) => string;
}

/** Every vault of the estate: its endpoint and what it is as a resource. */
export interface Vaults {
  readonly services: readonly Service[];
  /** In the order of the estate. */
  dump(): readonly object[];
  reset(): void;
  snapshot(): () => void;
}

export function createVaults({ vaultUrl, ...options }: AllOptions): Vaults {
  const { vaults } = options;
  const each = vaults.all().map((vault) => createVault({ ...options, vault, vaultUrl: vaultUrl(vault) }));
  const parts = [vaults, ...each];
  return {
    services: each.map(({ service }) => service),
    dump: () => each.map((one) => one.dump()),
    reset: () => {
      for (const part of parts) part.reset();
    },
    snapshot: () => {
      const kept = parts.map((part) => part.snapshot());
      return () => {
        for (const putBack of kept) putBack();
      };
    },
  };
}
