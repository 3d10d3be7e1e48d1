import type { TokenCredentialOptions } from "@azure/identity";

/** A step of the Azure clients' own HTTP pipeline. */
export type Policy = NonNullable<TokenCredentialOptions["additionalPolicies"]>[number]["policy"];

/** The clients repeat nothing by themselves: `asking` knows what may be repeated, and for how long. */
export const noRetries = { maxRetries: 0 } as const;

/** What every client of one service gets. */
export function policiesFor(address: string): { policy: Policy; position: "perCall" }[] {
  return [
    { policy: onlyAt(address), position: "perCall" },
    { policy: readableErrors, position: "perCall" },
  ];
}

/**
 * Lets a client send requests, and so tokens, to this address only. The clients follow whatever link an answer names,
 * to its next page or its operation.
 */
function onlyAt(address: string): Policy {
  const { origin } = new URL(address);
  return {
    name: "onlyAt",
    sendRequest: (request, next) => {
      const url = URL.parse(request.url);
      if (url?.origin !== origin || url.username !== "") {
        throw new Error(`an answer leads to an address outside ${origin}`);
      }
      return next(request);
    },
  };
}

/**
 * Gives error answers that are no JSON object (of a proxy, cut, empty) the form of an ARM error without words: the
 * clients quote such bodies in their own errors, or stumble over them.
 */
const readableErrors: Policy = {
  name: "readableErrors",
  sendRequest: async (request, next) => {
    const response = await next(request);
    if (response.status < 400 || isObject(response.bodyAsText)) return response;
    response.headers.set("content-type", "application/json");
    return { ...response, bodyAsText: '{"error":{}}' };
  },
};

function isObject(text: string | null | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
