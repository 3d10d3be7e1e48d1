import base from "./jest.config.mjs";

/** The unit tests of the mutated folders only, watched by Stryker, which tells by itself how they went. */
export default {
  ...base,
  roots: ["<rootDir>/test/domain", "<rootDir>/test/activities"],
  filter: "<rootDir>/scripts/mutation/filter.cjs",
  testEnvironment: "@stryker-mutator/jest-runner/jest-env/node",
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  reporters: [],
};
