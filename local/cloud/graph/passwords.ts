import { nameOf } from "../entra/held.ts";
import { twoYearsInMs, type Application, type Password, type ServicePrincipal } from "../entra/state.ts";
import { digestOf } from "../kit/chance.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Principal, Reply, Route } from "../kit/contract.ts";
import { parseAddPassword, parseKeyId, type PasswordAsked } from "./bodies.ts";
import { badRequest, noPrivileges } from "./errors.ts";
import { changing } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { passwordRefusal, policyInForce, strikeSeeded } from "./policyModel.ts";
import { mayChangeAll } from "./rights.ts";
import { shownPassword } from "./shapes.ts";

/** addPassword and removePassword under one way of naming an application. */
export function passwordRoutes(path: string, suffix: string, needs: GraphNeeds): Route[] {
  return [
    {
      method: "POST",
      path: `${path}/addPassword`,
      operation: `application_AddPassword${suffix}`,
      handle: (call) =>
        changing(call, needs, (application, caller) =>
          isOwnerYet(application, caller, needs)
            ? addPassword({ owner: application, made: application, name: nameOf(application) }, call.body, needs)
            : noPrivileges(needs.error),
        ),
    },
    {
      method: "POST",
      path: `${path}/removePassword`,
      operation: `application_RemovePassword${suffix}`,
      handle: (call) => changing(call, needs, (application) => removePassword(application, call.body, needs)),
    },
  ];
}

/** Who may change only its own is known as the owner a little later than the application itself. */
function isOwnerYet({ id, createdDateTime }: Application, caller: Principal, { replicas }: GraphNeeds): boolean {
  return mayChangeAll(caller) || replicas.know("ownership", id, Date.parse(createdDateTime), caller.objectId);
}

interface Target {
  /** Whose password it becomes. */
  readonly owner: Application | ServicePrincipal;
  /** What the tenant's policy judges: of its date hangs which restrictions hold. */
  readonly made: { readonly tenantId: string; readonly createdDateTime: string };
  readonly name: string;
}

export function addPassword({ owner, made, name }: Target, body: string, needs: GraphNeeds): Reply {
  const { clock, timings, graphUrl, ids, error } = needs;
  const asked = parseAddPassword(body);
  if (typeof asked === "string") return badRequest(error, asked);
  const now = clock.now();
  const { start, end } = lifeAsked(asked, now);
  if (end <= start || end <= now)
    return error(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.");
  const refused = passwordRefusal(policyInForce(needs, made.tenantId), made, end - start);
  if (refused) {
    strikeSeeded(needs, made.tenantId);
    return error(400, refused.code, refused.message);
  }
  const keyId = ids.next("password", name);
  const planted = needs.takePlanted();
  const { value = passwordOf(keyId), displayName = asked.displayName } = planted;
  const password: Password = {
    keyId,
    displayName,
    startDateTime: new Date(start).toISOString(),
    endDateTime: planted.endDateTime ?? new Date(end).toISOString(),
    hint: value.slice(0, 3),
    value,
    madeAt: now,
    acceptedFrom: now + inClockMs(timings, timings.secretReplicationInSeconds),
  };
  owner.passwords = [...(owner.passwords ?? []), password];
  const context = `${graphUrl}/v1.0/$metadata#microsoft.graph.passwordCredential`;
  return { status: 200, body: { "@odata.context": context, ...shownPassword(password, value) } };
}

function lifeAsked({ startDateTime, endDateTime }: PasswordAsked, now: number): { start: number; end: number } {
  const start = startDateTime ? Date.parse(startDateTime) : now;
  return { start, end: endDateTime ? Date.parse(endDateTime) : start + twoYearsInMs };
}

export function removePassword(owner: Application | ServicePrincipal, body: string, needs: GraphNeeds): Reply {
  const { error, clock } = needs;
  const keyId = parseKeyId(body);
  if (!keyId)
    return badRequest(error, "Invalid value specified for property 'keyId' of resource 'PasswordCredential'.");
  const { passwords = [], removedPasswords = [] } = owner;
  const password = passwords.find((one) => one.keyId === keyId);
  if (!password) return badRequest(error, `No password credential found with keyId '${keyId}'.`);
  owner.passwords = passwords.filter((one) => one !== password);
  owner.removedPasswords = [...removedPasswords, { password, removedAt: clock.now() }];
  return { status: 204 };
}

/** 40 characters of the form Graph's have; of the same run the same ones. */
function passwordOf(keyId: string): string {
  const text = digestOf(["password", keyId]).toString("base64url");
  return `${text.slice(0, 3).replace(/[-_]/g, "x")}8Q~${text.slice(3, 37)}`;
}
