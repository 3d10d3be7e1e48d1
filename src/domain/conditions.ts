/**
 * What the condition of a role assignment says of one request. Whatever is not understood, or not known of the request,
 * makes the answer unknown. Source: learn.microsoft.com/azure/role-based-access-control/conditions-format
 */
export type Occasion = {
  readonly action: string;
  /** Of the request, or the resource, by name in lower case. */
  readonly attributes: Readonly<Record<string, string>>;
};

type Answer = boolean | undefined;
type Reader = {
  readonly next: () => string;
  readonly peek: () => string;
  /** What was read makes no sense here. */
  readonly fail: () => undefined;
  readonly occasion: Occasion;
};

const tokenPattern = /\s*(&&|\|\||[(){},!]|'(?:[^'\\]|\\.)*'|@\w+\[[^\]]*\]|[\w:.-]+)/y;

/** Does the condition let it through? undefined: it cannot be told. */
export function holds(condition: string, occasion: Occasion): Answer {
  const tokens = tokensOf(condition);
  if (tokens === undefined) return undefined;
  let at = 0;
  let isUnderstood = true;
  const fail = (): undefined => {
    isUnderstood = false;
  };
  const answer = either({ next: () => tokens[at++] ?? "", peek: () => tokens[at] ?? "", fail, occasion });
  return isUnderstood && at === tokens.length ? answer : undefined;
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const pattern = new RegExp(tokenPattern);
  const whole = text.trimEnd();
  while (pattern.lastIndex < whole.length) {
    const token = pattern.exec(whole)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

function either(reader: Reader): Answer {
  const parts = [both(reader)];
  while (takes(reader, "OR", "||")) parts.push(both(reader));
  return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
}

function both(reader: Reader): Answer {
  const parts = [single(reader)];
  while (takes(reader, "AND", "&&")) parts.push(single(reader));
  return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
}

function single(reader: Reader): Answer {
  if (takes(reader, "NOT", "!")) return not(single(reader));
  if (takes(reader, "(")) {
    const inside = either(reader);
    expect(reader, ")");
    return inside;
  }
  const word = reader.next();
  if (/^ActionMatches$/i.test(word)) return values(reader).some((pattern) => isLike(reader.occasion.action, pattern));
  if (/^SubOperationMatches$/i.test(word)) return unknownAfter(() => values(reader));
  if (/^Exists$/i.test(word)) return unknownAfter(() => reader.next());
  if (word.startsWith("@")) return comparison(word, reader);
  return reader.fail();
}

function comparison(attribute: string, reader: Reader): Answer {
  const [, source = "", name = ""] = /^@(\w+)\[(.*)\]$/.exec(attribute) ?? [];
  const [, quantifier, operator = ""] = /^(?:For(?:Any|All)Of(Any|All)Values:)?(\w+)$/.exec(reader.next()) ?? [];
  const wanted = reader.peek() === "{" ? values(reader) : [text(reader.next())];
  const isOfRequest = /^(Request|Resource)$/i.test(source);
  const value = isOfRequest ? reader.occasion.attributes[name.toLowerCase()] : undefined;
  const [, isNot = "", kind = "", isAnyCase = ""] =
    /^(?:String|Guid)(Not)?(Equals|StartsWith|Like)(IgnoreCase)?$/.exec(operator) ?? [];
  if (value === undefined || kind === "") return undefined;
  const isGuid = operator.startsWith("Guid");
  const inCase = (one: string): string => (isAnyCase !== "" || isGuid ? one.toLowerCase() : one);
  const matches = wanted.map(
    (one) => compare[kind as keyof typeof compare](inCase(value), inCase(one)) !== (isNot !== ""),
  );
  const isAll = quantifier === undefined ? isNot !== "" : quantifier === "All";
  return isAll ? matches.every(Boolean) : matches.some(Boolean);
}

const compare = {
  Equals: (value: string, wanted: string) => value === wanted,
  StartsWith: (value: string, wanted: string) => value.startsWith(wanted),
  Like: (value: string, wanted: string) => isLike(value, wanted, ""),
} as const;

/** `*` stands for any run of characters, `?` for one. Case does not matter in actions. */
function isLike(value: string, pattern: string, flags = "i"): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${expression}$`, flags).test(value);
}

function values(reader: Reader): readonly string[] {
  expect(reader, "{");
  const found = [text(reader.next())];
  while (takes(reader, ",")) found.push(text(reader.next()));
  expect(reader, "}");
  return found;
}

function text(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token;
}

function takes(reader: Reader, ...words: readonly string[]): boolean {
  const isOne = words.includes(reader.peek().toUpperCase());
  if (isOne) reader.next();
  return isOne;
}

function expect(reader: Reader, mark: string): void {
  if (reader.next() !== mark) reader.fail();
}

function not(answer: Answer): Answer {
  return answer === undefined ? undefined : !answer;
}

function unknownAfter(read: () => unknown): undefined {
  read();
  return undefined;
}

/** Every text in quotes: what a condition speaks of. */
export function quotedIn(condition: string): readonly string[] {
  return (tokensOf(condition) ?? []).filter((token) => token.startsWith("'")).map(text);
}
