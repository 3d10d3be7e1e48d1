import { identityShape } from "../../src/store/store.ts";
import type { OnCluster } from "../../src/domain/pullIdentity.ts";
import { born, identity, kept } from "../activities/world.ts";

const old = { ...kept("v1", "retiring"), expiresAt: "2026-03-01T00:00:00.000Z" };
const fresh = { ...kept("v2", "current"), expiresAt: "2026-08-01T00:00:00.000Z" };

test.each<[string, OnCluster, string]>([
  ["nodes that hold the replaced one", { state: "held", version: "v1", since: born }, old.expiresAt],
  ["nodes that may hold either", { state: "halfway", mayHold: ["v1", "v2"] }, old.expiresAt],
  ["nodes that hold the one in use", { state: "held", version: "v2", since: born }, fresh.expiresAt],
  ["nodes that hold none of ours", { state: "foreign" }, fresh.expiresAt],
])("a pull identity is found by the first expiry that ends a pull: %s", (_what, onCluster, expected) => {
  const columns = identityShape.columns({ ...identity, secrets: [old, fresh], onCluster });
  expect(columns["secretExpiresAt"]).toBe(expected);
});

test("a pull identity without a secret is found by no expiry", () => {
  expect(identityShape.columns({ ...identity, secrets: [] })["secretExpiresAt"]).toMatch(/^9999/);
});

test("a row of the first schema has had no rotation and no policy, and keeps all else", () => {
  const { graceUntil, rotationId, lastAttempt, policy, lifetimeCap, ...first } = { ...identity, secrets: [fresh] };
  const added = { graceUntil, rotationId, lastAttempt, policy, lifetimeCap };
  expect(identityShape.upgrade(first, 1)).toEqual({ ...first, ...added });
  expect(Object.values(added)).toEqual([null, null, null, null, null]);
});

test("a row of the second schema does not say which passwords were there before one was added", () => {
  const { lifetimeCap, ...second } = identity;
  const adding = { state: "adding", by: "op", since: born };
  expect(identityShape.upgrade({ ...second, secrets: [adding, old] }, 2)).toEqual({
    ...second,
    lifetimeCap,
    secrets: [{ ...adding, seen: null }, old],
  });
});

test("a row of a schema that is not known yet is not guessed at", () => {
  expect(() => identityShape.upgrade(identity, 4)).toThrow("schema 4");
});
