/** What an orchestrator asks for, as durable-functions sends it (schema V4). */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  ScheduledSignalEntity: 10,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

export interface DurableHttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly content?: string | null;
  /** Whatever the app gave as values. */
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly tokenSource?: object;
  readonly asynchronousPatternEnabled?: boolean;
}

type Call = { readonly functionName: string; readonly input?: unknown };
type Retried = { readonly retryOptions: RetryOptions };
type Child = Call & { readonly instanceId?: string; readonly version?: string };

export type Action =
  | ({ readonly actionType: 0 } & Call)
  | ({ readonly actionType: 1 } & Call & Retried)
  | ({ readonly actionType: 2 } & Child)
  | ({ readonly actionType: 3 } & Child & Retried)
  | { readonly actionType: 4; readonly input?: unknown }
  | { readonly actionType: 5; readonly fireAt: string; readonly isCanceled: boolean }
  | { readonly actionType: 6; readonly externalEventName: string }
  | { readonly actionType: 8; readonly httpRequest: DurableHttpRequest }
  | { readonly actionType: 11 | 12; readonly compoundActions: readonly Action[] }
  | { readonly actionType: 7 | 9 | 10 | 13 | 14 };

/** The orchestrator's answer of one episode: always all actions since the generation began. */
export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
  readonly schemaVersion?: number;
}

/** The worker's answer of an episode, or the failure it reported without one. */
export type Answer =
  | {
      readonly state: OrchestratorState;
      readonly thrown: boolean;
      /** Tasks that the code gave to two combinators, described. */
      readonly shared?: readonly string[];
    }
  | { readonly failure: string };
