import type { LifeSwitch } from "../kit/life.ts";

export const rbacLife: readonly LifeSwitch[] = [
  {
    name: "principalTypeChecked",
    title:
      "From api-version 2022-04-01 on a role assignment without principalType is for a User; a type that the principal is not is refused.",
    source: "doc",
    row: "2.3 `principalType` omitted",
    where: "always",
  },
  {
    name: "repeatedAssignment",
    title: "The same role assignment put again is answered 200, not 201.",
    source: "doc",
    row: "2.3 Same assignment PUT again",
    where: "always",
  },
  {
    name: "groupRoleLag",
    title: "A role given to a group reaches its members on data planes only after up to two hours.",
    source: "seen",
    row: "2.3 PIM, groups",
    where: "always",
  },
  {
    name: "nodeGroupLockdown",
    title:
      "A deny assignment keeps everybody but AKS and the cluster from changing anything in the node resource group.",
    source: "doc",
    row: "2.3 Deny assignments",
    where: "some",
  },
  {
    name: "roleAssignmentsFull",
    title: "No more role assignments are taken at this scope: its subscription has as many as it may have.",
    source: "seen",
    row: "2.3 Same assignment PUT again",
    where: "some",
  },
];
