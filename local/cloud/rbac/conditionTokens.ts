export interface Token {
  readonly kind: "word" | "string" | "attribute" | "mark";
  /** Without the quotes, for a string. */
  readonly text: string;
  /** Where it begins, counted from 0. */
  readonly at: number;
}

const pattern = /\s*(?:'((?:[^'\\]|\\.)*)'|(@\w+\[[^\]]+\])|(&&|\|\||[(){},!])|([\w.*/:-]+))/y;

/** Throws an Error at the first character that begins nothing. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (!found) throw new Error(`nothing known begins at character ${at}`);
    const [, quoted, attribute, mark, word] = found;
    if (quoted !== undefined) tokens.push({ kind: "string", text: quoted.replace(/\\(.)/g, "$1"), at });
    else if (attribute !== undefined) tokens.push({ kind: "attribute", text: attribute, at });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark, at });
    else tokens.push({ kind: "word", text: word ?? "", at });
  }
  return tokens;
}
