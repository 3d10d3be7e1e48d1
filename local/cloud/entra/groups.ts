import type { Held } from "./held.ts";
import type { Group } from "./state.ts";

export interface Groups {
  groups(): readonly Group[];
  groupById(objectId: string): Group | undefined;
  addGroup(group: Group): void;
  removeGroup(group: Group): void;
  /** Every group an object is in, through groups too. */
  groupsOf(objectId: string): readonly Group[];
}

export function groupsOf(held: Held): Groups {
  const groups = (): readonly Group[] => [...held.state.groups.values()];
  return {
    groups,
    groupById: (objectId) => held.state.groups.get(objectId.toLowerCase()),
    addGroup: (group) => void held.state.groups.set(group.id, group),
    removeGroup: (group) => void held.state.groups.delete(group.id),
    groupsOf: (objectId) => {
      const found = new Set<Group>();
      const reached = [objectId.toLowerCase()];
      for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
        const member = id;
        const above = groups().filter((group) => !found.has(group) && group.members.includes(member));
        for (const group of above) found.add(group);
        reached.push(...above.map((group) => group.id));
      }
      return [...found];
    },
  };
}
