import { isUnseen, type YoungNeeds } from "../armKit/young.ts";
import type { RoleAssignment } from "./store.ts";

export const groupRoleLag = "groupRoleLag";
/** Hours are told of; two at most here. */
const longestInSeconds = 110 * 60;

/** Has a role that was given to a group reached the member that asks? What the estate starts with has. */
export function throughGroupIsKnown({ id, settledAt }: RoleAssignment, member: string, needs: YoungNeeds): boolean {
  return settledAt === 0 || !isUnseen(groupRoleLag, { key: id, since: settledAt, longestInSeconds }, member, needs);
}
