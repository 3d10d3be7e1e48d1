/**
 * At least once is the contract of an activity: its process may die before or after any call to the outside.
 * Each activity is killed at each of its calls in turn, run again, and must leave what one undisturbed run leaves.
 */
import { instantTimings } from "../../local/cloud/kit/clock.ts";
import { carryOverRoles } from "../../src/activities/carryOverRoles.ts";
import { claimCluster } from "../../src/activities/claimCluster.ts";
import { ensureIdentity } from "../../src/activities/ensureIdentity.ts";
import { ensureSecret } from "../../src/activities/ensureSecret.ts";
import { grantPull } from "../../src/activities/grantPull.ts";
import { startClusterUpdate } from "../../src/activities/startClusterUpdate.ts";
import { undoLink } from "../../src/activities/undoLink.ts";
import type { World } from "../../src/activities/world.ts";
import { clusterKeyOf, linkIdOf } from "../../src/domain/ids.ts";
import type { Link, LinkRequest, PullIdentity } from "../../src/domain/link.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { made, type TenantState } from "../e2e/laptop.ts";
import { memoryTable } from "../store/memoryTable.ts";

class Died extends Error {}

/** The world, dying at the nth call to anything in it; `calls` counts them. */
function mortal(world: World, dieAt: number, when: "before" | "after") {
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
  return { world: { ...wrapped, settings, consentStates, now } as World, counter };
}

describe("an activity that dies at any of its calls and is run again", () => {
  let simulated: Simulated;
  let request: LinkRequest;
  beforeAll(async () => {
    simulated = await simulate({ timings: instantTimings });
    const { cluster, registry } = simulated;
    request = {
      cluster: cluster.id,
      registry: registry.id,
      clusterTenantId: cluster.tenantId,
      registryTenantId: registry.tenantId,
      repositories: [],
      image: "team/app:v1",
    };
  });
  afterAll(() => simulated.close());

  const ids = () => ({
    linkId: linkIdOf(request.cluster, request.registry),
    clusterKey: clusterKeyOf(request.cluster),
    operationId: "op-1",
  });

  async function freshWorld(): Promise<World> {
    await simulated.control("POST", "/control/reset");
    const links = memoryTable<Link>(({ clusterKey, status }) => ({ clusterKey, status }));
    const { linkId, clusterKey, operationId } = ids();
    const at = new Date().toISOString();
    await links.insert(linkId, {
      ...{ ...request, id: linkId, clusterKey, operationId, route: "servicePrincipal", status: "onboarding" },
      ...{
        createdAt: at,
        updatedAt: at,
        appId: null,
        consent: null,
        grant: null,
        proof: null,
        problem: null,
        steps: [],
      },
    });
    return {
      ...simulated.azure,
      links,
      identities: memoryTable<PullIdentity>(({ tenantId }) => ({ tenantId })),
      consentStates: { issue: async () => "state", read: async () => ({ outcome: "invalid" }) },
      settings: { callbackUrl: "http://localhost:7071/api/consent", secretLifetimeInDays: 180 },
      now: () => new Date(),
    };
  }

  /** The runbook up to a point, in one process and without waiting. */
  const steps = {
    identity: (world: World) => ensureIdentity.run({ ...ids(), request }, world),
    secret: async (world: World) => {
      await claimCluster.run(ids(), world);
      return ensureSecret.run(ids(), world);
    },
    grant: async (world: World) => {
      const { appId } = (await world.identities.read(ids().clusterKey))?.value ?? {};
      await simulated.control("POST", "/control/consent", {
        tenantId: request.registryTenantId,
        clientId: appId ?? "",
        accept: true,
      });
      const state = await tenants();
      const principal = state.tenants
        .find(({ id }) => id === request.registryTenantId)
        ?.servicePrincipals.find((one) => one.appId === appId);
      return grantPull.run({ linkId: ids().linkId, request, principalId: principal?.id ?? "" }, world);
    },
    roles: async (world: World) => {
      const { appId, principalId } = (await world.identities.read(ids().clusterKey))?.value ?? {};
      return carryOverRoles.run({ request, appId: appId ?? "", principalId: principalId ?? "" }, world);
    },
    update: async (world: World) => {
      const { appId, secret } = (await world.identities.read(ids().clusterKey))?.value ?? {};
      if (!secret) throw new Error("no secret yet");
      return startClusterUpdate.run({ clusterKey: ids().clusterKey, request, appId: appId ?? "", secret }, world);
    },
    undo: (world: World) => undoLink.run({ linkId: ids().linkId, clusterKey: ids().clusterKey, request }, world),
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
  async function outcome(world: World) {
    const state = await tenants();
    const identity = (await world.identities.read(ids().clusterKey))?.value;
    return {
      ...made(state, simulated.env),
      assignments: state.roleAssignments.length,
      // The row must name a version that is there, and intend nothing any more.
      secretIsThere: identity?.secret
        ? (await world.vault.get(identity.secret.name, identity.secret.version)) !== undefined
        : null,
      addingFor: identity?.addingFor ?? null,
    };
  }

  test.each<[Step, Step[]]>([
    ["identity", []],
    ["secret", ["identity"]],
    ["grant", ["identity", "secret"]],
    ["roles", ["identity", "secret", "grant"]],
    ["update", ["identity", "secret", "grant", "roles"]],
    ["undo", ["identity", "secret", "grant"]],
  ])("leaves after %s what an undisturbed run leaves", async (step, before) => {
    const undisturbed = await freshWorld();
    for (const earlier of before) await steps[earlier](undisturbed);
    const { world: counted, counter } = mortal(undisturbed, 0, "before");
    await steps[step](counted);
    const expected = await outcome(undisturbed);
    expect(counter.calls).toBeGreaterThan(2);

    for (let call = 1; call <= counter.calls; call++) {
      for (const when of ["before", "after"] as const) {
        const world = await freshWorld();
        for (const earlier of before) await steps[earlier](world);
        await expect(steps[step](mortal(world, call, when).world)).rejects.toThrow(Died);
        await steps[step](world);
        expect({ call, when, ...(await outcome(world)) }).toEqual({ call, when, ...expected });
      }
    }
  });
});
