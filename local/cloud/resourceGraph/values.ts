/** A value of a row: JSON, where `null` stands for what is not there. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Row = Readonly<Record<string, Value>>;

export function isObject(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOf(value: Value): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function boolOf(value: Value): boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  const text = textOf(value).toLowerCase();
  return text === "true" ? true : text === "false" ? false : null;
}

export function numberOf(value: Value): number | null {
  const number = typeof value === "boolean" ? Number(value) : value === null ? NaN : Number(textOf(value) || NaN);
  return Number.isNaN(number) ? null : number;
}

/** What is not there comes first; numbers by size, everything else by its text. */
export function compare(one: Value, other: Value): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  const [a, b] = [textOf(one), textOf(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As `==` sees them: nothing and an empty text are the same. */
export function same(one: Value, other: Value): boolean {
  if (typeof one === "boolean" || typeof other === "boolean") return boolOf(one) === boolOf(other);
  if (typeof one === "number" || typeof other === "number") return numberOf(one) === numberOf(other);
  return textOf(one) === textOf(other);
}

/** What a record was given under a name, and nothing it was born with. */
export function own<Kept>(record: Readonly<Record<string, Kept>>, name: string): Kept | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
