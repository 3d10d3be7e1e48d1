/** What goes between the host and the process the app runs in (Node IPC, `advanced` serialization: bytes stay bytes). */

/** A value as the Functions worker protocol carries it: exactly one property is set, none means nothing. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

interface Wrapped<Value> {
  readonly value: Value;
}

export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Wrapped<string>;
  readonly path?: Wrapped<string>;
  readonly expires?: Wrapped<{ readonly seconds: number }>;
  readonly secure?: Wrapped<boolean>;
  readonly httpOnly?: Wrapped<boolean>;
  readonly maxAge?: Wrapped<number>;
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
}

/** One shape for both directions: requests fill the nullable maps, answers `statusCode`, `headers` and `cookies`. */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly nullableHeaders?: Readonly<Record<string, Wrapped<string>>>;
  readonly nullableParams?: Readonly<Record<string, Wrapped<string>>>;
  readonly nullableQuery?: Readonly<Record<string, Wrapped<string>>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly cookies?: readonly HttpCookie[];
  readonly enableContentNegotiation?: boolean;
  readonly body?: TypedData;
}

export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly direction: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  /** Of a timer: NCRONTAB or TimeSpan text, perhaps with `%SETTING%`. */
  readonly schedule?: string;
  readonly runOnStartup?: boolean;
  readonly useMonitor?: boolean;
}

type Duration =
  | number
  | string
  | {
      readonly hours?: number;
      readonly minutes?: number;
      readonly seconds?: number;
      readonly milliseconds?: number;
    };

/** A host-level retry policy: of a function as the library registers it, or of host.json. */
export interface RetryOptions {
  readonly strategy?: string;
  /** -1: for ever. */
  readonly maxRetryCount?: number;
  readonly delayInterval?: Duration;
  readonly minimumInterval?: Duration;
  readonly maximumInterval?: Duration;
}

/** What a function is told when it is run again. */
export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception: { readonly message: string; readonly source: string; readonly stackTrace: string };
}

/** A function as the app registered it. Binding names are hashes: look bindings up by type. */
export interface FunctionMetadata {
  readonly id: string;
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions;
}

/** The app's trigger of a kind; bindings are found by type, because their names are hashes. */
export function triggerOf(metadata: FunctionMetadata): Binding | undefined {
  return Object.values(metadata.bindings).find(({ type }) => type.toLowerCase().endsWith("trigger"));
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: { readonly traceParent: string; readonly traceState: string; readonly attributes: object };
  readonly retryContext?: RetryContext;
  /** Goes into the orchestration trigger's input, which comes without a history then. */
  readonly history?: HistoryPart;
}

/** The part of an orchestration's history that a process does not have yet. */
export interface HistoryPart {
  /** Of one generation of one instance. */
  readonly key: string;
  /** How many events it has already; those count as played from here on. */
  readonly from: number;
  /** The events after them: the JSON text of an array. */
  readonly events: string;
}

/** So many events of histories a process keeps; what it was not asked for longest goes first. */
export const mostEventsInProcess = 50_000;

export interface InvocationResponse {
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
  readonly returnValue?: TypedData | null;
  /** The process does not have the events before those sent: the function was not run. */
  readonly historyForgotten?: true;
  /** Of an orchestrator: tasks it gave to more than one combinator, described. */
  readonly shared?: readonly string[];
}

export type ToWorker =
  | { readonly kind: "load"; readonly app: string; readonly files: readonly string[]; readonly esModule: boolean }
  /** `nowInMs`: what the app's Date says from here on, where that has changed. */
  | { readonly kind: "invoke"; readonly request: InvocationRequest; readonly nowInMs?: number }
  /** What the app's Date says from here on. */
  | { readonly kind: "clock"; readonly nowInMs: number }
  | { readonly kind: "stop" };

export type ToHost =
  | {
      readonly kind: "loaded";
      readonly functions: readonly FunctionMetadata[];
      readonly httpUri?: string;
      /** Hooks of the app see what functions are called with. */
      readonly hasHooks: boolean;
    }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "invoked"; readonly invocationId: string; readonly response: InvocationResponse }
  | { readonly kind: "failed"; readonly invocationId: string; readonly message: string; readonly stack: string }
  | { readonly kind: "log"; readonly level: string; readonly category: string; readonly message: string };
