import { inspect } from "node:util";
import { Secret } from "../../src/domain/secret.ts";

const value = "c4n4ry~value";
const secret = new Secret(value);

test.each([
  ["a template", () => `${String(secret)}`],
  ["JSON", () => JSON.stringify({ secret, list: [secret] })],
  ["inspect", () => inspect({ secret }, { showHidden: true, depth: null })],
  ["a copy of its properties", () => JSON.stringify({ ...secret })],
  ["a structured clone", () => inspect(structuredClone({ ...secret }))],
  ["an error message", () => new Error(`with ${String(secret)}`).stack ?? ""],
])("%s does not show the value", (_way, show) => {
  expect(show()).not.toContain(value);
});

test("every way to show it says that there is one", () => {
  expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(["[secret]", '"[secret]"', "[secret]"]);
});

test("only reveal gives the value", () => {
  expect(secret.reveal()).toBe(value);
});

test("an empty value is refused: it would be a lost secret", () => {
  expect(() => new Secret("")).toThrow("must not be empty");
});
