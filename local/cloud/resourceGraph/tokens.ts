/** What is wrong with a query: Azure answers with the code `InvalidQuery` and these details. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly code: "ParserFailure" | "UnknownTable" | "UnsupportedOperator" | "UnknownColumn";
  readonly token: string;
  /** From 0. */
  readonly at: number;

  constructor(code: QueryError["code"], message: string, token: string, at: number) {
    super(message);
    this.code = code;
    this.token = token;
    this.at = at;
  }
}

export interface Token {
  readonly kind: "name" | "text" | "number" | "sign" | "end";
  /** Of a text its value, without quotes. */
  readonly text: string;
  readonly at: number;
}

const pattern =
  /(?<space>\s+|\/\/[^\n]*)|(?<name>[A-Za-z_$][\w$]*)|(?<number>\d+(?:\.\d+)?)|(?<raw>@"(?:[^"]|"")*"|@'(?:[^']|'')*')|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<sign>=~|!~|==|!=|<=|>=|[=<>|(),.[\]!~+\-*/])/y;

/** Beyond these a query is refused, before anything recurses into it. */
const mostTokens = 5000;
const deepest = 100;

/** Throws QueryError at what is no token, and for queries nobody writes. */
export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < query.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(query)?.groups;
    if (!groups) throw new QueryError("ParserFailure", "the character is not understood here", query.charAt(at), at);
    const { name, number, raw, text, sign } = groups;
    if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (raw !== undefined) tokens.push({ kind: "text", text: rawValue(raw), at });
    else if (text !== undefined) tokens.push({ kind: "text", text: unescaped(text.slice(1, -1)), at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (tokens.length > mostTokens || depth > deepest)
      throw new QueryError("ParserFailure", "the query is too long or too deep", query.charAt(at), at);
  }
  return [...tokens, { kind: "end", text: "", at: query.length }];
}

function rawValue(text: string): string {
  const quote = text.charAt(1);
  return text.slice(2, -1).replaceAll(quote + quote, quote);
}

function unescaped(text: string): string {
  const known: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return text.replace(/\\(.)/g, (_found, one: string) => known[one] ?? one);
}
