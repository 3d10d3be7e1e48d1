/** A directory and a vault that pass over names and lose answers, processes that die, people who add passwords of their own. */
import fc from "fast-check";
import { addSecret } from "../../src/activities/addSecret.ts";
import { removeSecrets, useSecret } from "../../src/activities/judgeSecrets.ts";
import type { SecretVersion } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import type { Password } from "../../src/domain/passwords.ts";
import { keptSecrets } from "../../src/domain/pullIdentity.ts";
import { after } from "../../src/domain/time.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, clusterKey, identity, worldOf } from "./world.ts";

/** What becomes of one call: in three of four nothing out of the way. */
type Whim = "lostBefore" | "lostAfter" | "nameless" | "person" | "none";
const whims = fc.array(fc.constantFrom<Whim>("lostBefore", "lostAfter", "nameless", "person", "none", "none", "none"), {
  maxLength: 60,
});

/** `next` says what becomes of each call in turn; then nothing more goes wrong. */
async function world(next: () => Whim) {
  const state = {
    passwords: [] as Password[],
    versions: [] as SecretVersion[],
    made: 0,
    mostOfOurs: 0,
    now: new Date(born),
  };
  const foreign = new Set<string>();
  const ours = () => state.passwords.filter(({ keyId }) => !foreign.has(keyId)).length;
  /** Each call takes ten seconds; people's passwords come between calls. */
  const call =
    <Answer>(work: (whim: Whim) => Answer) =>
    async (): Promise<Answer> => {
      state.now = after(state.now, 10);
      const whim = next();
      if (whim === "person") {
        const keyId = `theirs-${foreign.size}`;
        foreign.add(keyId);
        const displayName = foreign.size % 2 === 0 ? "made in the portal" : "crosspulling";
        state.passwords.push({ keyId, displayName, startsAt: state.now.toISOString(), expiresAt: born });
      }
      if (whim === "lostBefore") throw new TransientError("lost before");
      const answer = work(whim);
      state.mostOfOurs = Math.max(state.mostOfOurs, ours());
      if (whim === "lostAfter") throw new TransientError("lost after");
      return answer;
    };
  const tools = await worldOf(
    { identities: [identity] },
    {
      now: () => state.now,
      directory: {
        listPasswords: call(() => ({ passwords: [...state.passwords], readAt: state.now.toISOString() })),
        addPassword: async (_tenant, _object, { displayName: asked, expiresAt }) =>
          call((whim) => {
            const keyId = `made-${(state.made += 1)}`;
            const displayName = whim === "nameless" || whim === "lostAfter" ? "" : asked;
            state.passwords.push({ keyId, displayName, startsAt: state.now.toISOString(), expiresAt });
            return { outcome: "added", keyId, value: new Secret(keyId), expiresAt } as const;
          })(),
        removePassword: async (_tenant, _object, keyId) =>
          call(() => {
            state.passwords = state.passwords.filter((one) => one.keyId !== keyId);
            return { outcome: "removed" } as const;
          })(),
      },
      vault: {
        versions: call(() => [...state.versions]),
        put: async (_name, _value, { expiresAt, tags }) =>
          call(() => {
            const version = `v${state.versions.length + 1}`;
            state.versions.push({ version, enabled: true, expiresAt, tags });
            return { outcome: "put", version } as const;
          })(),
        disable: async (_name, version) =>
          call(() => {
            state.versions = state.versions.map((one) => (one.version === version ? { ...one, enabled: false } : one));
          })(),
      },
    },
  );
  return { tools, state, foreign };
}

test("whatever is lost and whoever adds passwords: never more than two are ours, one is left, and theirs all stay", async () => {
  await fc.assert(
    fc.asyncProperty(whims, fc.integer({ min: 1, max: 4 }), async (sequence, operations) => {
      const queue = [...sequence];
      const { tools, state, foreign } = await world(() => queue.shift() ?? "none");
      const repeated = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
        for (;;) {
          try {
            return await work();
          } catch (error) {
            if (!(error instanceof TransientError)) throw error;
          }
        }
      };
      for (let count = 1; count <= operations; count += 1) {
        const operationId = `op-${count}`;
        const about = { operationId, clusterKey };
        await tools.identities.update(clusterKey, (row) => ({ ...row, holder: { operationId, since: born } }));
        const added = await repeated(() => addSecret.run({ ...about, anew: true }, tools));
        if (added.outcome === "refused") throw new Error(added.problem.detail);
        await useSecret.run({ ...about, version: added.secret.version }, tools);
        expect(await repeated(() => removeSecrets.run(about, tools))).toEqual({ outcome: "removed" });
      }
      const row = (await tools.identities.read(clusterKey))?.value ?? identity;
      const left = state.passwords.filter(({ keyId }) => !foreign.has(keyId)).map(({ keyId }) => keyId);
      expect(keptSecrets(row).map(({ keyId }) => keyId)).toEqual(left);
      expect(left).toHaveLength(1);
      expect(state.versions.filter(({ enabled }) => enabled).map(({ tags }) => tags["keyId"])).toEqual(left);
      expect(state.mostOfOurs).toBeLessThanOrEqual(2);
      expect(state.passwords.filter(({ keyId }) => foreign.has(keyId))).toHaveLength(foreign.size);
    }),
    { numRuns: 500 },
  );
});
