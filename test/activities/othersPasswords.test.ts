import { othersPasswords } from "../../src/activities/othersPasswords.ts";
import type { Password } from "../../src/domain/passwords.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import { born, identity, kept, worldOf } from "./world.ts";

const password = (keyId: string, displayName: string): Password => ({
  keyId,
  displayName,
  startsAt: born,
  expiresAt: born,
});

async function read(row: Partial<PullIdentity> = {}) {
  const asked: unknown[] = [];
  const world = await worldOf(
    {},
    {
      directory: {
        listPasswords: async (tenantId, objectId, when) => {
          asked.push([tenantId, objectId, when]);
          const named = [password("key-v1", "x"), password("key-v0", "y"), password("lost", "crosspull gone")];
          return { passwords: [...named, password("theirs", "for CI")], readAt: born };
        },
        listPrincipalPasswords: async (tenantId, appId) => {
          asked.push([tenantId, appId]);
          return [password("on-principal", "crosspull by hand")];
        },
      },
      vault: {
        versions: async (name) => {
          asked.push(name);
          const untagged = { version: "by-hand", enabled: true, expiresAt: born, tags: {} };
          return [{ version: "v0", enabled: false, expiresAt: born, tags: { keyId: "KEY-V0" } }, untagged];
        },
      },
    },
  );
  const found = await othersPasswords({ ...identity, secrets: [kept("v1", "current")], ...row }, world);
  return { found, asked };
}

test("passwords of others are those that neither the row nor the vault knows, on the application or its principal", async () => {
  const { found, asked } = await read();
  expect(found).toEqual({
    foreign: [
      { ...password("theirs", "for CI"), on: "application" },
      { ...password("on-principal", "crosspull by hand"), on: "servicePrincipal" },
    ],
    orphans: [{ ...password("lost", "crosspull gone"), on: "application" }],
  });
  // An application that was deleted before the row was has none.
  expect(asked).toEqual([["tenant-a", "object", { orNone: true }], ["tenant-a", "ours"], "pull-c1"]);
});

test.each<Partial<PullIdentity>>([{ appId: null }, { appObjectId: null }])(
  "nobody is asked for an identity whose application is not there: %j",
  async (row) => {
    expect(await read(row)).toEqual({ found: { foreign: [], orphans: [] }, asked: [] });
  },
);
