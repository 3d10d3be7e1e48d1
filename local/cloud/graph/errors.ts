import { randomUUID } from "node:crypto";
import type { Reply } from "../kit/contract.ts";

/** Graph's envelope. `now` in milliseconds since the epoch. */
export type GraphError = (status: number, code: string, message: string, details?: readonly object[]) => Reply;

export function graphErrors(now: () => number): GraphError {
  return (status, code, message, details) => {
    const requestId = randomUUID();
    return {
      status,
      headers: { "request-id": requestId },
      body: {
        error: {
          code,
          message,
          ...(details && { details }),
          innerError: {
            date: new Date(now()).toISOString().slice(0, 19),
            "request-id": requestId,
            "client-request-id": requestId,
          },
        },
      },
    };
  };
}

export function missingResource(error: GraphError, id: string): Reply {
  return error(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

export function noPrivileges(error: GraphError): Reply {
  return error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

export function badRequest(error: GraphError, message: string): Reply {
  return error(400, "Request_BadRequest", message);
}

/** Graph says so with 400, whether the other object lives or is only deleted. */
export function duplicate(error: GraphError, property: string): Reply {
  const message = `Another object with the same value for property ${property} already exists.`;
  return error(400, "Request_BadRequest", message, [{ code: "ObjectConflict", message, target: property }]);
}
