/**
 * At least once is the contract of an activity: its process may die before or after any call to the outside.
 * Each activity is killed at each of its calls in turn, run again, and must leave what one undisturbed run leaves.
 */
import { instantTimings } from "../../local/cloud/kit/clock.ts";
import { addSecret } from "../../src/activities/addSecret.ts";
import { carryOverRoles } from "../../src/activities/carryOverRoles.ts";
import { claimCluster } from "../../src/activities/claimCluster.ts";
import { ensureIdentity } from "../../src/activities/ensureIdentity.ts";
import { grantPull } from "../../src/activities/grantPull.ts";
import { rejectSecret, removeSecrets } from "../../src/activities/judgeSecrets.ts";
import { readRolesPlan } from "../../src/activities/readRolesPlan.ts";
import { startClusterUpdate } from "../../src/activities/startClusterUpdate.ts";
import { removeIdentityIfUnused, revokeGrant } from "../../src/activities/withdrawLink.ts";
import type { World } from "../../src/activities/world.ts";
import { clusterKeyOf, linkIdOf } from "../../src/domain/ids.ts";
import { keptSecrets, usableSecret } from "../../src/domain/pullIdentity.ts";
import type { AsksDurable } from "../../src/durable/register.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { made, type TenantState } from "../e2e/laptop.ts";
import { instances, link, operation, operationId, storeWith } from "../activities/world.ts";

class Died extends Error {}

type Reached = World & AsksDurable;

/** The world, dying at the nth call to anything in it; `calls` counts them. */
function mortal(world: Reached, dieAt: number, when: "before" | "after") {
  const counter = { calls: 0 };
  const wrap = <Service extends object>(service: Service): Service =>
    new Proxy(service, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          const dies = ++counter.calls === dieAt;
          if (dies && when === "before") throw new Died();
          const answer: unknown = await Reflect.apply(member, target, args);
          if (dies) throw new Died();
          return answer;
        };
      },
    });
  const { settings, consentStates, now, ...services } = world;
  const wrapped = Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, wrap(service)]),
  ) as typeof services;
  return { world: { ...wrapped, settings, consentStates, now } as Reached, counter };
}

describe("an activity that dies at any of its calls and is run again", () => {
  let simulated: Simulated;
  beforeAll(async () => {
    simulated = await simulate({ timings: instantTimings });
  });
  afterAll(() => simulated.close());

  const given = () => {
    const { cluster, registry } = simulated;
    return {
      operationId,
      linkId: linkIdOf(cluster.id, registry.id),
      clusterKey: clusterKeyOf(cluster.id),
      cluster: { id: cluster.id, tenantId: cluster.tenantId },
      registry: { id: registry.id, tenantId: registry.tenantId },
      repositories: [],
    };
  };

  async function freshWorld(): Promise<Reached> {
    await simulated.control("POST", "/control/reset");
    const { linkId, clusterKey, cluster, registry } = given();
    const row = {
      ...link,
      id: linkId,
      clusterKey,
      cluster: cluster.id,
      registry: registry.id,
      clusterTenantId: cluster.tenantId,
      registryTenantId: registry.tenantId,
    };
    return {
      ...simulated.azure,
      ...(await storeWith({ links: [row], identities: [], operations: [{ ...operation, clusterKey }] })),
      consentStates: { issue: async () => "state", read: async () => ({ outcome: "invalid" }) },
      settings: { callbackUrl: "http://localhost:7071/api/consent", secretLifetimeInDays: 180 },
      now: () => new Date(),
      instances: instances(),
    };
  }
  const identityOf = async (world: World) => {
    const row = (await world.identities.read(given().clusterKey))?.value;
    if (!row) throw new Error("no pull identity yet");
    return row;
  };
  const principalIn = async (tenantId: string, appId: string | null) =>
    (await tenants()).tenants.find(({ id }) => id === tenantId)?.servicePrincipals.find((one) => one.appId === appId)
      ?.id ?? "";

  /** The runbook up to a point, in one process and without waiting. */
  const steps = {
    claim: (world: Reached) => claimCluster.run(given(), world),
    identity: (world: Reached) => ensureIdentity.run(given(), world),
    secret: (world: Reached) => addSecret.run(given(), world),
    grant: async (world: Reached) => {
      const { appId } = await identityOf(world);
      const { tenantId } = given().registry;
      await simulated.control("POST", "/control/consent", { tenantId, clientId: appId ?? "", accept: true });
      return grantPull.run({ ...given(), principalId: await principalIn(tenantId, appId) }, world);
    },
    roles: async (world: Reached) => {
      const { appId, tenantId } = await identityOf(world);
      const accepted = { acceptLost: [], acceptOldApplication: null };
      const plan = await readRolesPlan.run({ ...given(), appId: appId ?? "", ...accepted }, world);
      if (plan.outcome !== "planned") throw new Error(`not planned: ${JSON.stringify(plan)}`);
      const { copies } = plan;
      return carryOverRoles.run(
        { tenantId, principalId: await principalIn(tenantId, appId), copies, acceptLost: [] },
        world,
      );
    },
    update: async (world: Reached) => {
      const version = usableSecret(await identityOf(world), world.now())?.version ?? "";
      return startClusterUpdate.run({ ...given(), version }, world);
    },
    reject: async (world: Reached) => {
      const version = usableSecret(await identityOf(world), world.now())?.version ?? "";
      await rejectSecret.run({ ...given(), version }, world);
    },
    tidy: (world: Reached) => removeSecrets.run(given(), world),
    revoke: (world: Reached) => revokeGrant.run(given(), world),
    withdraw: (world: Reached) => removeIdentityIfUnused.run(given(), world),
  };
  type Step = keyof typeof steps;

  async function tenants(): Promise<TenantState> {
    const { entra, vault, arm } = (await simulated.control("GET", "/control/state")) as {
      entra: { tenants: TenantState["tenants"] };
      vault: TenantState["vaults"][number];
      arm: Pick<TenantState, "clusters" | "roleAssignments">;
    };
    return { tenants: entra.tenants, vaults: [vault], ...arm };
  }

  /** What is there, without what differs by chance: ids and times. */
  async function outcome(world: World) {
    const state = await tenants();
    const identity = (await world.identities.read(given().clusterKey))?.value;
    const versions = await Promise.all(
      (identity ? keptSecrets(identity) : []).map(async ({ name, version, state: kept }) => {
        const { outcome: read } = await world.vault.get(name, version);
        return `${kept} ${read}`;
      }),
    );
    return {
      ...made(state, simulated.env),
      assignments: state.roleAssignments.length,
      // The row must name versions that are there, and intend nothing any more.
      versions,
      adding: identity?.secrets.filter((one) => one.state === "adding").length ?? null,
      onCluster: identity?.onCluster.state ?? null,
      holder: identity?.holder?.operationId ?? null,
      grant: (await world.links.read(given().linkId))?.value.grant?.role ?? null,
    };
  }

  test.each<[Step, Step[]]>([
    ["claim", []],
    ["identity", ["claim"]],
    ["secret", ["claim", "identity"]],
    ["grant", ["claim", "identity", "secret"]],
    ["roles", ["claim", "identity", "secret", "grant"]],
    ["update", ["claim", "identity", "secret", "grant", "roles"]],
    ["tidy", ["claim", "identity", "secret", "reject", "secret"]],
    ["revoke", ["claim", "identity", "secret", "grant"]],
    ["withdraw", ["claim", "identity", "secret", "grant", "roles", "revoke"]],
  ])(
    "leaves after %s what an undisturbed run leaves",
    async (step, before) => {
      const undisturbed = await freshWorld();
      for (const earlier of before) await steps[earlier](undisturbed);
      const { world: counted, counter } = mortal(undisturbed, 0, "before");
      await steps[step](counted);
      const expected = await outcome(undisturbed);
      expect(counter.calls).toBeGreaterThan(1);

      for (let call = 1; call <= counter.calls; call += 1) {
        for (const when of ["before", "after"] as const) {
          const world = await freshWorld();
          for (const earlier of before) await steps[earlier](world);
          await expect(steps[step](mortal(world, call, when).world)).rejects.toThrow(Died);
          await steps[step](world);
          expect({ call, when, ...(await outcome(world)) }).toEqual({ call, when, ...expected });
        }
      }
    },
    120_000,
  );
});
