export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly body: Buffer;
}

export interface Asked {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request of a node and its answer. Rejects where there is no answer. */
export type Exchange = (asked: Asked) => Promise<Answer>;

/** How nodes reach registries. `address`: where they seem to come from. */
export interface NodeNetwork {
  /** Through real sockets. */
  overHttp(address: string): Exchange;
  /** By the same routes, called as functions: for the pulls of months. */
  inProcess(address: string): Exchange;
  /** Is this host a registry of the simulated cloud? Others are offered no credential, as in life. */
  isRegistry(host: string): boolean;
}
