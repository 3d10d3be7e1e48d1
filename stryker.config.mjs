/** Mutation testing, as `npm run mutation` runs it: static mutants are ignored, nothing else is. */
export default {
  testRunner: "jest-by-file",
  plugins: ["./scripts/mutation/runner.mjs", "@stryker-mutator/jest-runner"],
  jest: { configFile: "jest.mutation.config.mjs", enableFindRelatedTests: false },
  mutate: ["src/domain/**/*.ts", "src/activities/**/*.ts"],
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  // Each test file that jest-circus runs leaves a storage behind, and every promise of Node 22 asks all of them: without this,
  // a mutant takes longer the later it comes.
  testRunnerNodeArgs: ["--experimental-async-context-frame"],
  // Stryker ends an endless loop by itself, by counting. A time limit ends the few others; one that a busy machine can
  // reach would tell a mutant as found that no test found.
  timeoutMS: 60_000,
  reporters: ["progress-append-only", "json"],
  jsonReporter: { fileName: ".crosspull/mutation/report.json" },
  tempDirName: ".crosspull/mutation/sandbox",
};
