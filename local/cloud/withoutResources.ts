import type { ArmSide, ArmSideOptions } from "./arm/side.ts";

/** Stands where the resource side goes, with nothing in it. */
export function createArmSide(options: ArmSideOptions): ArmSide {
  void options;
  return {
    services: [],
    authorization: { allows: () => true },
    controlRoutes: [],
    dump: () => ({ subscriptions: [], clusters: [], registries: [], roleAssignments: [] }),
    reset: () => undefined,
  };
}
