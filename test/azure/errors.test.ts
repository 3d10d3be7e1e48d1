import { inspect } from "node:util";
import { aadstsIn, cleaned, failureOf, lasting, unexpected, without } from "../../src/azure/errors.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";

const canary = "canary-Ab1~secret";
const made = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const restError = (statusCode: number | undefined, code: string | undefined, message = "No."): Error =>
  made("RestError", message, { statusCode, code, request: { body: canary }, response: { bodyAsText: canary } });
/** As the Graph client makes them: named Error, -1 without an answer. */
const graphError = (statusCode: number, code: string | null, message = "No."): Error =>
  made("Error", message, { statusCode, code, body: canary, headers: { authorization: canary } });

describe("failureOf", () => {
  it.each<[string, unknown, number, string]>([
    ["an ARM error", restError(404, "ResourceNotFound"), 404, "ResourceNotFound"],
    ["an ARM error without a word", restError(502, undefined), 502, "HTTP 502"],
    ["a connection that broke", restError(undefined, "ECONNRESET"), 0, "ECONNRESET"],
    ["half an answer", restError(undefined, "REQUEST_SEND_ERROR"), 0, "REQUEST_SEND_ERROR"],
    ["a Graph error", graphError(403, "Authorization_RequestDenied"), 403, "Authorization_RequestDenied"],
    ["a Graph call without an answer", graphError(-1, "TypeError", "fetch failed"), 0, "TypeError"],
    ["a Graph call without an answer or a word", graphError(-1, null, ""), 0, "NoAnswer"],
    ["Entra's refusal", made("AuthenticationRequiredError", "x AADSTS700016: y"), 401, "AADSTS700016"],
    [
      "Entra's refusal inside Graph's",
      graphError(-1, "AuthenticationRequiredError", "AADSTS7000229: y"),
      401,
      "AADSTS7000229",
    ],
    ["Entra without a word", made("AuthenticationRequiredError", "invalid response"), 0, "NoToken"],
    [
      "a developer who is not signed in",
      made("CredentialUnavailableError", "Please run 'az login'"),
      401,
      "AzureCliNotSignedIn",
    ],
    ["a timeout", made("TimeoutError", "The operation was aborted"), 0, "TimeoutError"],
    ["a defect of ours", new TypeError("x is not a function"), -1, "TypeError"],
    ["no error at all", "text", -1, "Error"],
  ])("of %s", (_name, error, status, code) => {
    expect(failureOf(error)).toMatchObject({ status, code });
  });

  it("keeps nothing of the request", () => {
    const failure = failureOf(restError(400, "BadRequest"));
    const thrown = unexpected(failure, "try");
    for (const kept of [failure, thrown]) {
      expect(inspect(kept, { depth: 9, showHidden: true })).not.toContain(canary);
      expect(inspect(kept)).toContain("BadRequest");
    }
    expect(thrown.cause).toBeUndefined();
  });
});

describe("lasting", () => {
  it.each([
    restError(408, "x"),
    restError(429, "TooManyRequests"),
    restError(500, "x"),
    restError(503, "x"),
    restError(undefined, "ENOTFOUND"),
    graphError(404, "Request_ResourceNotFound"),
    graphError(409, "Directory_ConcurrencyViolation"),
    made("AuthenticationRequiredError", "AADSTS90055: busy"),
    made("AuthenticationRequiredError", "AADSTS50196: slow down"),
  ])("throws TransientError for %s", (error) => {
    expect(() => lasting(error, "try it")).toThrow(TransientError);
    expect(() => lasting(error, "try it")).toThrow(/^could not try it now: /);
  });

  it.each([restError(400, "BadRequest"), restError(409, "Conflict"), restError(404, "x"), new TypeError("x")])(
    "gives back %s",
    (error) => {
      expect(lasting(error, "try")).toEqual(failureOf(error));
    },
  );
});

describe("what is shown of a sentence", () => {
  it("has no ids or times of requests, no line breaks, and an end", () => {
    const id = "0f0f0f0f-0000-4000-8000-000000000001";
    const entra = `AADSTS7000215: Invalid.\r\nTrace ID: ${id}\r\nCorrelation ID: ${id}\r\nTimestamp: 2026-11-21 09:00:00Z`;
    expect(cleaned(entra)).toBe("AADSTS7000215: Invalid.");
    expect(cleaned("x".repeat(5000)).length).toBeLessThanOrEqual(600);
  });

  it("has no secret in it", () => {
    const failure = { status: 400, code: "x", detail: `${canary} and ${canary}` };
    expect(without(new Secret(canary), failure).detail).toBe("[secret] and [secret]");
  });

  it("tells Entra's number", () => {
    expect(aadstsIn("Details: adal: AADSTS7000222: expired")).toBe("AADSTS7000222");
    expect(aadstsIn("nothing")).toBeUndefined();
  });
});
