import type { TokenCredentialOptions } from "@azure/identity";

/** A step of the Azure clients' own HTTP pipeline. */
export type Policy = NonNullable<TokenCredentialOptions["additionalPolicies"]>[number]["policy"];

/** The clients repeat nothing by themselves: `asking` knows what may be repeated, and for how long. */
export const noRetries = { maxRetries: 0 } as const;

/** What every client of one service gets. */
export function policiesFor(address: string): { policy: Policy; position: "perCall" }[] {
  return [
    { policy: onlyAt(address), position: "perCall" },
    { policy: readable, position: "perCall" },
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
 * The clients quote bodies that they cannot read in their own errors, or stumble over them. So an error that is no JSON
 * object (of a proxy, cut, empty) gets the form of an ARM error without words, and a success that is none is no answer.
 */
const readable: Policy = {
  name: "readable",
  sendRequest: async (request, next) => {
    const response = await next(request);
    const { status, bodyAsText } = response;
    if (isObject(bodyAsText)) return response;
    if (status < 400) {
      if (!bodyAsText) return response;
      throw Object.assign(new Error("the answer is no JSON"), { statusCode: status, code: "PARSE_ERROR" });
    }
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
