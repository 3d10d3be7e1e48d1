import { randomUUID } from "node:crypto";
import { twoYearsInMs, type Application, type Password } from "../entra/state.ts";
import { lasting } from "../kit/clock.ts";
import type { Reply, Route } from "../kit/contract.ts";
import { changing } from "./applications.ts";
import { parseAddPassword, parseKeyId, type PasswordAsked } from "./bodies.ts";
import { badRequest } from "./errors.ts";
import type { GraphNeeds } from "./index.ts";
import { shownPassword } from "./shapes.ts";

/** addPassword and removePassword under one way of naming an application. */
export function passwordRoutes(path: string, suffix: string, needs: GraphNeeds): Route[] {
  return [
    {
      ...{ method: "POST", path: `${path}/addPassword`, operation: `application_AddPassword${suffix}` },
      handle: (call) =>
        changing(call, needs, (application) => {
          const asked = parseAddPassword(call.body);
          return typeof asked === "string" ? badRequest(needs.error, asked) : add(application, asked, needs);
        }),
    },
    {
      ...{ method: "POST", path: `${path}/removePassword`, operation: `application_RemovePassword${suffix}` },
      handle: (call) => changing(call, needs, (application) => remove(application, parseKeyId(call.body), needs)),
    },
  ];
}

function add(application: Application, asked: PasswordAsked, needs: GraphNeeds): Reply {
  const { clock, timings, graphUrl } = needs;
  const now = clock.now();
  const start = asked.startDateTime ? Date.parse(asked.startDateTime) : now;
  const end = asked.endDateTime ? Date.parse(asked.endDateTime) : start + twoYearsInMs;
  if (end <= start || end <= now) return badRequest(needs.error, "Key credential end date is invalid.");
  const value = needs.takePassword();
  const password: Password = {
    keyId: randomUUID(),
    displayName: asked.displayName,
    startDateTime: new Date(start).toISOString(),
    endDateTime: new Date(end).toISOString(),
    hint: value.slice(0, 3),
    value,
    acceptedFrom: now + lasting(timings, timings.secretReplicationInSeconds),
  };
  application.passwords = [...application.passwords, password];
  const context = `${graphUrl}/v1.0/$metadata#microsoft.graph.passwordCredential`;
  return { status: 200, body: { "@odata.context": context, ...shownPassword(password, value) } };
}

function remove(application: Application, keyId: string | undefined, { error, clock }: GraphNeeds): Reply {
  if (!keyId)
    return badRequest(error, "Invalid value specified for property 'keyId' of resource 'PasswordCredential'.");
  const password = application.passwords.find((one) => one.keyId === keyId);
  if (!password) return badRequest(error, `No password credential found with keyId '${keyId}'.`);
  application.passwords = application.passwords.filter((one) => one !== password);
  application.removedPasswords = [...(application.removedPasswords ?? []), { password, removedAt: clock.now() }];
  return { status: 204 };
}
