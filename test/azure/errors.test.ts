import { inspect } from "node:util";
import { aadstsIn, cleaned, failureOf, refused, unexpected } from "../../src/azure/errors.ts";
import { Secret } from "../../src/domain/secret.ts";

const canary = "canary-Ab1~secret";
const made = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const restError = (statusCode: number | undefined, code: string | undefined, message = "No."): Error =>
  made("RestError", message, { statusCode, code, request: { body: canary }, response: { bodyAsText: canary } });

describe("failureOf", () => {
  it.each<[string, unknown, number, string]>([
    ["an ARM error", restError(404, "ResourceNotFound"), 404, "ResourceNotFound"],
    ["an ARM error without a word", restError(502, undefined), 502, "HTTP 502"],
    ["a connection that broke", restError(undefined, "ECONNRESET"), 0, "ECONNRESET"],
    ["half an answer", restError(undefined, "REQUEST_SEND_ERROR"), 0, "REQUEST_SEND_ERROR"],
    ["an ARM error whose word is no word", restError(400, "a <b>"), 400, "HTTP 400"],
    [
      "a request that fetch could not send",
      made("TypeError", "fetch failed", { cause: { code: "ECONNRESET" } }),
      0,
      "ECONNRESET",
    ],
    ["Entra's refusal", made("AuthenticationRequiredError", "x AADSTS700016: y"), 401, "AADSTS700016"],
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

it("says Entra's number once: as the code, and not again at the beginning of the sentence", () => {
  const failure = failureOf(made("AuthenticationRequiredError", "x AADSTS500011: The resource is unknown."));
  expect(failure).toMatchObject({ code: "AADSTS500011", detail: "The resource is unknown." });
  expect(refused("refused", { code: "AADSTS7000215", detail: "AADSTS7000215: Wrong." }).detail).toBe("Wrong.");
});

describe("an error whose message quotes the body", () => {
  it.each<[string, Error, number, string]>([
    [
      "of a client that could not parse it",
      restError(200, "PARSE_ERROR", `Error "SyntaxError" occurred while parsing the response body - {"x":"${canary}".`),
      0,
      "UnreadableAnswer",
    ],
    [
      "of a client that could not understand it",
      restError(200, undefined, `Error x occurred in deserializing the responseBody - {"x":"${canary}"}`),
      0,
      "UnreadableAnswer",
    ],
    ["of JSON.parse", made("SyntaxError", `Unexpected token, "${canary}" is not valid JSON`), 0, "UnreadableAnswer"],
    ["with a status of its own", restError(403, "PARSE_ERROR", `occurred while parsing ${canary}`), 403, "HTTP 403"],
  ])("%s keeps nothing of it", (_name, error, status, code) => {
    const failure = failureOf(error);
    expect(failure).toMatchObject({ status, code });
    expect(JSON.stringify(failure)).not.toContain(canary);
  });
});

describe("what a service nests into its errors", () => {
  it("is told with the innermost word", () => {
    const details = [{ code: "Outer", details: [{ code: "SubnetIsFull", message: "no address left" }] }];
    const body = { error: { code: "Failed", message: "It failed.", details } };
    expect(failureOf(restErrorWith(body))).toMatchObject({
      code: "Failed",
      cause: "SubnetIsFull",
      detail: "It failed. (SubnetIsFull: no address left)",
    });
  });

  it.each([
    ["beside an empty list", { details: [], innererror: { code: "QuotaExceeded", message: "no cores" } }],
    [
      "in a detail without a word",
      { details: [null, { message: "see below", innerError: { code: "QuotaExceeded", message: "no cores" } }] },
    ],
    [
      "after words only",
      { details: [{ code: "", message: "", details: [{ code: "QuotaExceeded", message: "no cores" }] }] },
    ],
    ["alone, in no list", { details: { code: "QuotaExceeded", message: "no cores" } }],
    [
      "as text, handed on from another service",
      { details: [{ code: "Conflict", message: '{"error":{"code":"QuotaExceeded","message":"no cores"}}' }] },
    ],
    ["as a word below its sentence", { details: [{ message: "no cores", innererror: { code: "QuotaExceeded" } }] }],
  ])("is found %s", (_where, nested) => {
    const body = { error: { code: "Failed", message: "It failed.", ...nested } };
    expect(failureOf(restErrorWith(body))).toMatchObject({
      cause: "QuotaExceeded",
      detail: "It failed. (QuotaExceeded: no cores)",
    });
  });

  it("side by side is told together", () => {
    const details = [
      { code: "Drain", message: "pod a stays" },
      { message: "no code here" },
      { code: "Quota", message: "no cores" },
    ];
    expect(failureOf(restErrorWith({ error: { code: "Failed", message: "It failed.", details } }))).toMatchObject({
      cause: "Drain",
      detail: "It failed. (Drain: pod a stays; no code here; Quota: no cores)",
    });
  });

  it("is not said twice", () => {
    const body = { error: { code: "Failed", details: [{ code: "SubnetIsFull", message: "It failed." }] } };
    expect(failureOf(restErrorWith(body))).toMatchObject({ cause: "SubnetIsFull", detail: "It failed." });
  });

  it("is told in full, however long the sentence around it is", () => {
    const details = [{ code: "SubnetIsFull", message: "no address left in snet-aks" }];
    const error = Object.assign(restErrorWith({ error: { code: "Failed", details } }), {
      message: "words ".repeat(200),
    });
    const { detail } = failureOf(error);
    expect(detail).toMatch(/^words words .* \(SubnetIsFull: no address left in snet-aks\)$/);
    expect(detail.length).toBeLessThanOrEqual(600);
  });

  it("is told where it is but a word", () => {
    const body = { error: { code: "Forbidden", innererror: { code: "ForbiddenByFirewall" } } };
    expect(failureOf(restErrorWith(body)).detail).toBe("It failed. (ForbiddenByFirewall)");
  });

  it("is told of a vault too", () => {
    const innerError = { code: "ForbiddenByFirewall" };
    expect(failureOf(restErrorWith({ error: { code: "Forbidden", innerError } })).cause).toBe("ForbiddenByFirewall");
  });

  const restErrorWith = (details: object): Error => made("RestError", "It failed.", { ...base, details });
  const base = { statusCode: 400, code: "Failed" };
});

describe("a secret that a service repeats", () => {
  const secret = new Secret(canary);
  it("is in neither code nor sentence nor cause", () => {
    const details = { error: { details: [{ code: canary, message: canary }] } };
    const failure = failureOf(made("RestError", `no ${canary}`, { statusCode: 400, code: canary, details }), {
      secrets: [secret],
    });
    expect(JSON.stringify(failure)).not.toContain(canary);
    expect(failure).toMatchObject({ code: "HTTP 400", cause: null, detail: "no [secret]" });
  });

  it("that nobody knows yet is not quoted either", () => {
    const failure = failureOf(restError(403, "Forbidden", `not for ${canary}`), { bringsSecret: true });
    expect(failure).toMatchObject({ status: 403, code: "Forbidden", detail: "the service answered 403" });
    const details = { error: { innererror: { code: "s3cret" } } };
    const asWord = failureOf(made("RestError", "x", { statusCode: 403, code: "s3cret", details }), {
      bringsSecret: true,
    });
    expect(asWord).toMatchObject({ code: "HTTP 403", cause: null });
  });
});

describe("Retry-After", () => {
  it.each([
    [{ "retry-after": "7" }, 7],
    [{ "retry-after-ms": "1500" }, 1.5],
    [{ "x-ms-retry-after-ms": "20" }, 0.02],
    [{ "retry-after": new Date(Date.now() + 60_000).toUTCString() }, expect.closeTo(60, -1)],
    [{ "retry-after": new Date(0).toUTCString() }, 0],
    [{ "retry-after": "soon" }, null],
    [{}, null],
  ])("of %j is read", (headers, seconds) => {
    const response = { headers: new Headers(headers) };
    const { retryAfterInSeconds } = failureOf(made("RestError", "x", { statusCode: 429, response }));
    expect(retryAfterInSeconds).toEqual(seconds);
  });
});

describe("what is shown of a sentence", () => {
  it("has no ids or times of requests, no line breaks, and an end", () => {
    const id = "0f0f0f0f-0000-4000-8000-000000000001";
    const entra = `AADSTS7000215: Invalid.\r\nTrace ID: ${id}\r\nCorrelation ID: ${id}\r\nTimestamp: 2026-11-21 09:00:00Z`;
    expect(cleaned(entra)).toBe("AADSTS7000215: Invalid.");
    const msal = "AADSTS500011: Unknown. - Correlation ID: Not Available - Trace ID: Not Available";
    expect(cleaned(msal)).toBe("AADSTS500011: Unknown.");
    expect(cleaned("x".repeat(5000)).length).toBeLessThanOrEqual(600);
  });

  it("tells Entra's number", () => {
    expect(aadstsIn("Details: adal: AADSTS7000222: expired")).toBe("AADSTS7000222");
    expect(aadstsIn("nothing")).toBeUndefined();
  });
});
