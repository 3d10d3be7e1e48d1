import { z } from "zod";
import { same } from "../entra/held.ts";
import type { Group } from "../entra/state.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { jsonOf } from "../kit/texts.ts";
import { typedObject } from "./directoryObjects.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import { namedIn } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { mixedPage } from "./options.ts";
import { known, listed, selected } from "./query.ts";
import { mayReadGroups, mayWriteGroups } from "./rights.ts";
import { shownGroup } from "./shapes.ts";

const groupBody = z.looseObject({
  displayName: z.string().min(1).max(256),
  mailNickname: z.string().min(1).max(64),
  mailEnabled: z.literal(false),
  securityEnabled: z.literal(true),
  description: z.string().nullish(),
});

/** Security groups, their members and what they are in themselves. */
export function groupRoutes(needs: GraphNeeds): Route[] {
  const all = "/v1.0/groups";
  const one = `${all}/:id`;
  return [
    { method: "GET", path: all, operation: "group_List", handle: (call) => reading(call, needs, list) },
    { method: "POST", path: all, operation: "group_Create", handle: (call) => writing(call, needs, create) },
    { method: "GET", path: one, operation: "group_Get", handle: (call) => reading(call, needs, get) },
    { method: "DELETE", path: one, operation: "group_Delete", handle: (call) => writing(call, needs, remove) },
    {
      method: "GET",
      path: `${one}/members`,
      operation: "group_ListMembers",
      handle: (call) => reading(call, needs, listMembers),
    },
    {
      method: "POST",
      path: `${one}/members/$ref`,
      operation: "group_AddMember",
      handle: (call) => writing(call, needs, addMember),
    },
    {
      method: "DELETE",
      path: `${one}/members/:member/$ref`,
      operation: "group_RemoveMember",
      handle: (call) => writing(call, needs, removeMember),
    },
  ];
}

type Work = (call: Call, caller: Principal, needs: GraphNeeds) => Reply;

function reading(call: Call, needs: GraphNeeds, work: Work): Reply {
  const { principal } = call;
  return principal && mayReadGroups(principal) ? work(call, principal, needs) : noPrivileges(needs.error);
}

function writing(call: Call, needs: GraphNeeds, work: Work): Reply {
  const { principal } = call;
  return principal && mayWriteGroups(principal) ? work(call, principal, needs) : noPrivileges(needs.error);
}

function groupIn({ params: { id = "" } }: Call, { tenantId }: Principal, { tenants }: GraphNeeds): Group | undefined {
  const group = tenants.groupById(id);
  return group?.tenantId === tenantId ? group : undefined;
}

function context({ graphUrl }: GraphNeeds): string {
  return `${graphUrl}/v1.0/$metadata#groups`;
}

function entity(group: Group, needs: GraphNeeds): Record<string, unknown> {
  return { "@odata.context": `${context(needs)}/$entity`, ...shownGroup(group) };
}

function list(call: Call, { tenantId }: Principal, needs: GraphNeeds): Reply {
  const items = needs.tenants
    .groups()
    .filter((one) => one.tenantId === tenantId)
    .map((one) => known(shownGroup(one)));
  return listed(call, { type: "group", context: context(needs), items, error: needs.error });
}

function get(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const group = groupIn(call, caller, needs);
  if (!group) return missingResource(needs.error, namedIn(call));
  return selected(call, { type: "group", item: entity(group, needs), error: needs.error });
}

function create(call: Call, { tenantId }: Principal, needs: GraphNeeds): Reply {
  const parsed = groupBody.safeParse(jsonOf(call.body));
  if (!parsed.success) {
    const property = parsed.error.issues[0]?.path.join(".") ?? "";
    return badRequest(needs.error, `A value is required for property '${property}' of resource 'Group'.`);
  }
  const { displayName, mailNickname, description } = parsed.data;
  const group: Group = {
    id: needs.ids.next("group", displayName),
    tenantId,
    createdDateTime: new Date(needs.clock.now()).toISOString(),
    displayName,
    mailNickname,
    description: description ?? null,
    members: [],
  };
  needs.tenants.addGroup(group);
  return { status: 201, body: entity(group, needs) };
}

function remove(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const group = groupIn(call, caller, needs);
  if (!group) return missingResource(needs.error, namedIn(call));
  needs.tenants.removeGroup(group);
  return { status: 204 };
}

function listMembers(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const group = groupIn(call, caller, needs);
  if (!group) return missingResource(needs.error, namedIn(call));
  const value = group.members.map((id) => typedObject(id, caller, needs)).filter((one) => one !== undefined);
  return mixedPage(call, value, needs);
}

function addMember(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const group = groupIn(call, caller, needs);
  if (!group) return missingResource(needs.error, namedIn(call));
  const member = memberNamed(call.body);
  if (!member) return badRequest(needs.error, "A value is required for property '@odata.id'.");
  if (!typedObject(member, caller, needs)) return missingResource(needs.error, member);
  if (group.members.includes(member))
    return badRequest(
      needs.error,
      "One or more added object references already exist for the following modified properties: 'members'.",
    );
  group.members = [...group.members, member];
  return { status: 204 };
}

/** `https://graph.microsoft.com/v1.0/directoryObjects/<id>`, of whatever collection. */
function memberNamed(body: string): string | undefined {
  const parsed = z.looseObject({ "@odata.id": z.string() }).safeParse(jsonOf(body));
  const [, id] = /\/([0-9a-f-]{36})$/i.exec(parsed.data?.["@odata.id"] ?? "") ?? [];
  return id?.toLowerCase();
}

function removeMember(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const group = groupIn(call, caller, needs);
  const { member = "" } = call.params;
  if (!group?.members.some((one) => same(one, member))) return missingResource(needs.error, member);
  group.members = group.members.filter((one) => !same(one, member));
  return { status: 204 };
}
