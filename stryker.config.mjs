/** Mutation testing, as `npm run mutation` runs it: static mutants are ignored, nothing else is. */
export default {
  testRunner: "jest",
  plugins: ["@stryker-mutator/jest-runner"],
  jest: { configFile: "jest.mutation.config.mjs", enableFindRelatedTests: false },
  mutate: ["src/domain/**/*.ts", "src/activities/**/*.ts"],
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  reporters: ["progress-append-only", "json"],
  jsonReporter: { fileName: ".crosspull/mutation/report.json" },
  tempDirName: ".crosspull/mutation/sandbox",
};
