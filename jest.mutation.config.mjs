import base from "./jest.config.mjs";

/** The unit tests of the mutated folders only, watched by Stryker, which tells by itself how they went. */
export default {
  ...base,
  testMatch: ["<rootDir>/test/domain/**/*.test.ts", "<rootDir>/test/activities/**/*.test.ts"],
  testEnvironment: "@stryker-mutator/jest-runner/jest-env/node",
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  reporters: [],
};
