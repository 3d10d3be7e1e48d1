import type { PasswordWatch } from "../gather.ts";
import type { Dump } from "../judge/dump.ts";
import type { App } from "../app.ts";
import { lookAtNodes, type NodeLook } from "../judge/held.ts";

/** What is seen of nodes' credentials and of rotations on the way. */
export interface YearWatch {
  look(dump: Dump, atInMs: number): void;
  /** Which rotations there are, as the app says; false where it cannot answer now. */
  ask(app: App): Promise<boolean>;
  readonly looks: readonly NodeLook[];
  readonly rotations: ReadonlySet<string>;
}

export function watchYear(passwords: PasswordWatch, beganInMs: number): YearWatch {
  const looks: NodeLook[] = [];
  const rotations = new Set<string>();
  let before = beganInMs;
  return {
    looks,
    rotations,
    look: (dump, atInMs) => {
      passwords.look(dump);
      const seen = lookAtNodes(dump, { from: before, to: atInMs });
      looks.push(...seen);
      before = atInMs;
    },
    ask: async (app) => {
      const identities = await app.identities();
      for (const { rotation, lastAttempt } of identities ?? []) {
        if (rotation) rotations.add(rotation.id);
        if (lastAttempt) rotations.add(lastAttempt.operationId);
      }
      return identities !== undefined;
    },
  };
}
