import { inspect } from "node:util";

const shown = "[secret]";

/**
 * A value that must not be seen: every way to print or serialise it shows `[secret]`.
 * Only adapters in src/azure call `reveal()`; a lint rule holds that.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    if (value === "") throw new Error("a secret must not be empty");
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
