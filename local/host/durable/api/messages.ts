export interface ApiRequest {
  readonly method: string;
  /** Below the base, no leading slash, still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The whole address asked for. */
  readonly url: string;
}
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON value; undefined answers with no body. */
  readonly body?: unknown;
}
