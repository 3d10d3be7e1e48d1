import { clusterUnreadable, registryUnreadable } from "../../src/domain/unreadable.ts";

test.each([
  ["missing", "CP-CLUSTER-NOT-FOUND", "CP-REGISTRY-NOT-FOUND"],
  ["forbidden", "CP-CLUSTER-FORBIDDEN", "CP-REGISTRY-FORBIDDEN"],
  ["noToken", "CP-NOT-CONSENTED", "CP-NOT-CONSENTED"],
] as const)("a resource that is %s has a remedy of its own", (outcome, ofCluster, ofRegistry) => {
  const why = { outcome, code: "Word", detail: "No." };
  expect(clusterUnreadable("/x", why)).toMatchObject({ code: ofCluster, detail: "/x: Word: No." });
  expect(registryUnreadable("/x", why)).toMatchObject({ code: ofRegistry, detail: "/x: Word: No." });
});
