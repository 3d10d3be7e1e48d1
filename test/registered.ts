/** What the app registers when it is loaded, seen as the Functions worker sees it. */
export interface Registered {
  readonly name: string;
  readonly bindings: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly methods?: readonly string[];
        readonly route?: string;
        readonly authLevel?: string;
      }
    >
  >;
}

const functions: Registered[] = [];
jest.mock(
  "@azure/functions-core",
  () => ({
    version: "3",
    hostVersion: "4",
    Disposable: class {},
    setProgrammingModel: () => undefined,
    registerHook: () => undefined,
    log: () => undefined,
    registerFunction: (metadata: Registered) => {
      functions.push(metadata);
      return {};
    },
  }),
  { virtual: true },
);

export function registeredFunctions(): readonly Registered[] {
  if (functions.length === 0) jest.requireActual("../src/functions/app.ts");
  return functions;
}
