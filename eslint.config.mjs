import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const reveal = {
  selector: "CallExpression[callee.property.name='reveal']",
  message: "a Secret is revealed by adapters only: src/azure, and where a key or a connection string is used",
};

/** Imports run one way; see docs/architecture.md. Each folder names what it must not reach. */
const walls = (folder, ...patterns) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: [{ group: patterns, message: `not from src/${folder}: see docs/architecture.md` }] },
    ],
  },
});
const local = ["**/local/**", "**/test/**", "**/bench/**"];

export default tseslint.config(
  { ignores: ["dist", "coverage", ".crosspull", "node_modules"] },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "require-yield": "off",
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } } },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/functions/connect.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "settings come from src/config.ts" },
      ],
    },
  },
  walls(
    "domain",
    "../*",
    "@azure/*",
    "durable-functions",
    "@microsoft/*",
    "node:fs",
    "node:http*",
    "node:net",
    "node:process",
    ...local,
  ),
  walls(
    "durable",
    "../azure/*",
    "../activities/*",
    "../orchestrators/*",
    "../functions/*",
    "../store/*",
    "../config.ts",
    "@azure/identity",
    "@azure/arm-*",
    "@azure/keyvault-*",
    "@azure/data-*",
    "@azure/container-*",
    ...local,
  ),
  walls("azure", "../durable/*", "../activities/*", "../orchestrators/*", "../functions/*", ...local),
  walls("store", "../durable/*", "../activities/*", "../orchestrators/*", "../functions/*", ...local),
  walls("activities", "../orchestrators/*", "../functions/*", "@azure/*", "@microsoft/*", ...local),
  walls(
    "orchestrators",
    "../azure/*",
    "../store/*",
    "../functions/*",
    "../config.ts",
    "@azure/*",
    "@microsoft/*",
    "node:*",
    ...local,
  ),
  walls("functions", ...local),
  {
    files: ["src/**/*.ts"],
    ignores: ["src/azure/**", "src/store/tables.ts", "src/functions/consentStates.ts", "src/orchestrators/**"],
    rules: { "no-restricted-syntax": ["error", reveal] },
  },
  {
    files: ["src/orchestrators/**/*.ts"],
    rules: {
      // A call(...) without yield* runs nothing, which TypeScript cannot see.
      "no-restricted-syntax": [
        "error",
        reveal,
        {
          selector: "ExpressionStatement > CallExpression[callee.name=/^(call|sleepUntil|waitFor|callSub|all)$/]",
          message: "write yield* in front",
        },
        { selector: "YieldExpression[delegate=false]", message: "use yield* with the typed calls of src/durable" },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: "orchestrators replay: no randomness",
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "use now(context)" },
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: "use now(context)" },
        { selector: "AwaitExpression", message: "orchestrators are generators: yield*" },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
