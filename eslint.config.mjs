import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const reveal = {
  selector: "CallExpression[callee.property.name='reveal']",
  message: "a Secret is revealed by adapters only: src/azure, and where a key or a connection string is used",
};

/** Imports run one way; see docs/architecture.md. Each folder names what it must not reach, and what only by its types. */
const walls = (folder, patterns, typesOnly = []) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          { group: patterns, message: `not from src/${folder}: see docs/architecture.md` },
          ...(typesOnly.length === 0
            ? []
            : [{ group: typesOnly, message: `types only from src/${folder}`, allowTypeImports: true }]),
        ],
      },
    ],
  },
});
/** A folder of src from any depth below another. */
const from = (...folders) => folders.flatMap((folder) => [`../${folder}/*`, `../../${folder}/*`]);
const roots = ["../config.ts", "../../config.ts", "../settings.ts", "../../settings.ts"];
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
  walls("domain", [
    ...from("azure", "store", "durable", "activities", "orchestrators", "functions"),
    ...roots,
    "@azure/*",
    "durable-functions",
    "@microsoft/*",
    "node:fs",
    "node:http*",
    "node:net",
    "node:process",
    ...local,
  ]),
  walls("durable", [
    ...from("azure", "store", "activities", "orchestrators", "functions"),
    ...roots,
    "@azure/identity",
    "@azure/arm-*",
    "@azure/keyvault-*",
    "@azure/data-*",
    ...local,
  ]),
  walls("azure", [...from("store", "durable", "activities", "orchestrators", "functions"), ...roots, ...local]),
  walls("store", [...from("azure", "durable", "activities", "orchestrators", "functions"), ...roots, ...local]),
  walls(
    "activities",
    [...from("orchestrators", "functions"), ...roots, "@azure/*", "@microsoft/*", ...local],
    from("azure", "store"),
  ),
  walls("orchestrators", [
    ...from("azure", "store", "functions"),
    ...roots,
    "@azure/*",
    "@microsoft/*",
    "node:*",
    ...local,
  ]),
  walls("functions", local),
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
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
          selector: "ExpressionStatement > CallExpression[callee.name=/^(call|look|once|poll|hold|sleepUntil)$/]",
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
