/** What services nest into their errors: the innermost is why something failed. */
const deepestCause = 10;
/** Of errors that stand side by side. */
const mostCauses = 3;
const codePattern = /^[\w][\w. -]{0,79}$/;

/** A service's word is a word: anything else in its place is not shown. */
export function codeFrom(text: string): string {
  return codePattern.test(text) ? text : "";
}

type ErrorBody = {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
  readonly innererror?: unknown;
  readonly innerError?: unknown;
};

/** `{ error: { code, message } }`, or the same without the outer object. */
export function errorIn(body: unknown): ErrorBody | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { error } = body as { error?: unknown };
  return typeof error === "object" && error !== null ? error : body;
}

type Cause = { readonly code: string; readonly message: string };

/** The innermost of the errors that ARM nests in `details`, and Key Vault in `innererror`; the first that has a code gives the word. */
export function causesIn(body: unknown, redact: (text: string) => string): readonly Cause[] {
  const word = (value: unknown): string => (typeof value === "string" ? redact(value) : "");
  const innermost = (error: ErrorBody, depth: number): readonly Cause[] => {
    const deeper = depth === 0 ? [] : nestedIn(error).flatMap((inner) => innermost(inner, depth - 1));
    const own = { code: codeFrom(word(error.code)), message: word(error.message) };
    const hasWords = own.message !== "" && deeper.every(({ message }) => message === "");
    if (hasWords) return [{ code: deeper[0]?.code || own.code, message: own.message }];
    return deeper.length > 0 || own.code === "" ? deeper : [own];
  };
  const nested = nestedIn(errorIn(body) ?? {});
  return nested.flatMap((inner) => innermost(inner, deepestCause)).slice(0, mostCauses);
}

export function causeWords({ code, message }: Cause): string {
  return [code, message].filter((part) => part !== "").join(": ");
}

/** In a list or alone; ARM hands on the answers of other services as text. */
function nestedIn({ details, innererror, innerError, message }: ErrorBody): readonly ErrorBody[] {
  const listed = Array.isArray(details) ? (details as unknown[]) : [details];
  return [...listed, innererror, innerError, errorIn(jsonIn(message))].filter(
    (inner): inner is ErrorBody => typeof inner === "object" && inner !== null,
  );
}

function jsonIn(text: unknown): unknown {
  if (typeof text !== "string" || !text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
