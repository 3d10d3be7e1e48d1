import { TransientError } from "../../src/domain/errors.ts";
import { answering } from "../../src/functions/http.ts";
import { withinTime } from "../../src/functions/timeLimit.ts";
import { cluster, worldOf } from "../activities/world.ts";
import { ask } from "./ask.ts";

const never = new Promise<never>(() => undefined);
const hanging = {
  clusters: {},
  registries: {},
  roles: {},
  entra: {},
  pulls: {},
  directory: { credentialPolicy: () => never },
  vault: { access: async () => ({ outcome: "usable" }) as const, versions: () => never },
};

test("work that is done in time gives its answer, from the world as it is", async () => {
  const world = await worldOf({}, hanging);
  expect(await withinTime(world, 200, (watched) => watched.vault.access())).toEqual({ outcome: "usable" });
  await expect(withinTime(world, 200, async () => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
});

test("work that takes too long is answered 503, naming who has not answered and no other, with Retry-After", async () => {
  const world = await worldOf({}, hanging);
  const handler = answering(async () => {
    await withinTime(world, 0.05, async (watched) => {
      await watched.vault.access();
      await Promise.all([watched.directory.credentialPolicy(cluster.tenantId), watched.vault.versions("x")]);
    });
    return { status: 200 };
  });
  const answer = await ask<{ code: string; detail: string }>(handler, "/api/links");
  expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "30" }, body: { code: "CP-NOT-READY" } });
  expect(answer.body.detail).toBe("no answer within 0.05 seconds from Microsoft Graph, Key Vault");
});

describe("a service that asks for a rest", () => {
  const resting = (seconds: number) => {
    let tries = 0;
    const access = async () => {
      tries += 1;
      if (tries < 3) throw new TransientError("slow down", seconds);
      return { outcome: "usable" } as const;
    };
    return { tries: () => tries, world: worldOf({}, { ...hanging, vault: { ...hanging.vault, access } }) };
  };

  test("of two seconds or less is asked again after it", async () => {
    const { tries, world } = resting(0.01);
    expect(await withinTime(await world, 200, (watched) => watched.vault.access())).toEqual({ outcome: "usable" });
    expect(tries()).toBe(3);
  });

  test("of more is told to the caller", async () => {
    const { tries, world } = resting(3);
    const asked = withinTime(await world, 200, (watched) => watched.vault.access());
    await expect(asked).rejects.toMatchObject({ retryAfterInSeconds: 3 });
    expect(tries()).toBe(1);
  });
});

test("a failure of a service that answers is not told in its own words", async () => {
  const handler = answering(async () => Promise.reject(new TransientError("words of a service")));
  const answer = await ask<{ detail: string }>(handler, "/api/links");
  expect(answer.status).toBe(503);
  expect(answer.body.detail).not.toContain("words of a service");
});
