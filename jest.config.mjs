/** Sources are ES modules for Node; Jest runs them as CommonJS through swc. */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testEnvironment: "node",
  // A busy machine may need long for what is quick.
  testTimeout: 300_000,
  // Jest would leave one core to itself, which on two cores leaves one for the tests.
  maxWorkers: "100%",
  // Of the tests of one file that run beside each other.
  maxConcurrency: 2,
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.crosspull/"],
  transform: {
    "\\.(ts|mjs|js)$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  // Packages that ship only ES modules; of zod, the words.
  transformIgnorePatterns: ["/node_modules/(?!(jose|commander|listr2|zod)/)"],
  reporters: ["default", "<rootDir>/scripts/counts-reporter.mjs"],
};
