const process = require("node:process");

/** The test files that Jest runs on a mutant, as `runner.mjs` named them; all of them where it named none. */
module.exports = (testFiles) => {
  const named = process.env.MUTATION_TEST_FILES;
  return { filtered: named === undefined ? testFiles : JSON.parse(named) };
};
