import { guidPattern } from "./domain/ids.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Bounds = { readonly least: number; readonly most: number; readonly whole?: boolean };

/** Reads settings one by one and gathers what is wrong with them, so that all of it can be told at once. */
export class Settings {
  readonly problems: string[] = [];
  readonly #environment: Environment;
  readonly #asked = new Set<string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The setting without surrounding spaces; undefined when it is not set, or empty. */
  optional(name: string): string | undefined {
    this.#asked.add(name);
    const value = this.#environment[name]?.trim();
    return value === "" ? undefined : value;
  }

  /** `hint`: what to set it to. An empty text stands in for what is missing; the problem is on record. */
  text(name: string, hint: string): string {
    const value = this.optional(name);
    if (value === undefined) this.problem(name, `is not set. ${hint}`);
    return value ?? "";
  }

  guid(name: string, hint: string): string {
    const value = this.text(name, hint);
    if (value !== "" && !guidPattern.test(value))
      this.problem(name, `is not a GUID: ${JSON.stringify(value)}. ${hint}`);
    return value.toLowerCase();
  }

  /** An https address, without the slash at its end. */
  address(name: string, hint: string): string {
    const value = this.text(name, hint);
    if (value !== "" && !isHttps(value)) {
      this.problem(name, `is not an https address without query or user name: ${JSON.stringify(value)}. ${hint}`);
    }
    return withoutSlash(value);
  }

  number(name: string, standard: number, { least, most, whole = false }: Bounds): number {
    const value = this.optional(name);
    if (value === undefined) return standard;
    const number = Number(value);
    if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number;
    const kind = whole ? "a whole number" : "a number";
    this.problem(
      name,
      `is not ${kind} from ${least} to ${most}: ${JSON.stringify(value)}. The default is ${standard}.`,
    );
    return standard;
  }

  /** The default is the first of `choices`. */
  choice<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const [standard] = choices;
    const value = this.optional(name);
    const chosen = choices.find((choice) => choice.toLowerCase() === (value ?? standard).toLowerCase());
    if (!chosen) this.problem(name, `is ${JSON.stringify(value)}; it may be ${choices.join(", ")}.`);
    return chosen ?? standard;
  }

  /** Names with this prefix that are set, and that nothing asked for: nearly always misspelt. */
  unasked(prefix: string): readonly string[] {
    const isSet = ([name, value]: [string, string | undefined]): boolean =>
      name.startsWith(prefix) && (value ?? "").trim() !== "" && !this.#asked.has(name);
    return Object.entries(this.#environment)
      .filter(isSet)
      .map(([name]) => name)
      .sort();
  }

  problem(name: string, text: string): void {
    this.problems.push(`${name} ${text}`);
  }
}

function isHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" && url.search === "" && url.hash === "" && url.username === "";
}

export function withoutSlash(text: string): string {
  return text.replace(/\/+$/, "");
}
