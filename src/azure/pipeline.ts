import type { TokenCredentialOptions } from "@azure/identity";

/** A step of the Azure clients' own HTTP pipeline. */
export type Policy = NonNullable<TokenCredentialOptions["additionalPolicies"]>[number]["policy"];

/** The clients repeat nothing by themselves: `asking` knows what may be repeated, and for how long. */
export const noRetries = { maxRetries: 0 } as const;

/** A redirect would be followed, with a token, behind the policy that looks at addresses. */
export const noRedirects = { maxRetries: 0 } as const;

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
 * The clients quote bodies that they cannot read, and errors without words, in their own errors, or stumble over them.
 * So an error that is no JSON object (of a proxy, cut, empty) or says nothing gets the form of an ARM error, and a
 * success that is no JSON object is no answer.
 */
const readable: Policy = {
  name: "readable",
  sendRequest: async (request, next) => {
    const response = await next(request);
    const { status, bodyAsText } = response;
    const body = objectIn(bodyAsText);
    if (status < 300) {
      if (body || !bodyAsText) return response;
      throw Object.assign(new Error("the answer is no JSON"), { statusCode: status, code: "PARSE_ERROR" });
    }
    const error = objectOf(body?.["error"]) ?? body ?? {};
    if (typeof error["message"] === "string" && error["message"] !== "") return response;
    response.headers.set("content-type", "application/json");
    return { ...response, bodyAsText: JSON.stringify({ error: { ...error, message: `HTTP ${status}` } }) };
  },
};

type JsonObject = Readonly<Record<string, unknown>>;

function objectIn(text: string | null | undefined): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null ? (value as JsonObject) : undefined;
}
