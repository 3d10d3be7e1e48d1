import { request as plain, type IncomingMessage } from "node:http";
import { request as secure } from "node:https";
import { DotNetException, requestFailed } from "./exception.ts";

export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** Names as they are sent, each once. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer | undefined;
}

export interface Incoming {
  readonly statusCode: number;
  /** Name and value of each header line, as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** The extension's, in real seconds. */
const limitInSeconds = 240;

/** One request and its answer, with no header that nobody asked for; rejects with what HttpClient throws. */
export function exchange(outgoing: Outgoing): Promise<Incoming> {
  const { method, url, body } = outgoing;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? secure : plain;
    const headers = [...lines(outgoing)].flat();
    // A connection of its own: one that was kept may be closed by the other side at the very moment it is used again.
    const sent = send(url, { method, headers, agent: false, setDefaultHeaders: false });
    const timer = setTimeout(() => {
      sent.destroy();
      reject(timedOut());
    }, limitInSeconds * 1000);
    const fail = (error: DotNetException): void => {
      clearTimeout(timer);
      reject(error);
    };
    sent.on("error", (error: NodeJS.ErrnoException) => fail(failureOf(error, url)));
    sent.on("response", (answer) => {
      read(answer).then(
        (content) => {
          clearTimeout(timer);
          sent.destroy();
          resolve({ statusCode: answer.statusCode ?? 0, headers: pairs(answer.rawHeaders), body: content });
        },
        () => fail(requestFailed("Error while copying content to a stream.", ended())),
      );
    });
    sent.end(body);
  });
}

function* lines({ method, url, headers, body }: Outgoing): Iterable<readonly [string, string]> {
  if (!headers.has("Host")) yield ["Host", url.host];
  yield* headers;
  const isBodyExpected = !["GET", "HEAD", "CONNECT", "OPTIONS", "DELETE"].includes(method);
  if (!headers.has("Transfer-Encoding") && (body || isBodyExpected))
    yield ["Content-Length", String(body?.length ?? 0)];
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
}

async function read(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** By Linux' words, with the number .NET prints beside them. */
const socketErrors: Readonly<Record<string, readonly [number, string]>> = {
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTUNREACH: [113, "No route to host"],
  ENETUNREACH: [101, "Network is unreachable"],
  ETIMEDOUT: [110, "Connection timed out"],
  ENOTFOUND: [-131073, "Name or service not known"],
  EAI_AGAIN: [11, "Resource temporarily unavailable"],
};

function failureOf(error: NodeJS.ErrnoException, url: URL): DotNetException {
  const known = socketErrors[codeOf(error)];
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (known) {
    const [number, words] = known;
    const inner = new DotNetException(`System.Net.Sockets.SocketException (${number})`, words);
    return requestFailed(`${words} (${url.hostname}:${port})`, inner);
  }
  if (/SSL|TLS|CERT|SIGNED|ISSUER|ALTNAME/.test(`${error.code} ${error.message.toUpperCase()}`))
    return requestFailed(
      "The SSL connection could not be established, see inner exception.",
      new DotNetException("System.Security.Authentication.AuthenticationException", error.message),
    );
  return requestFailed("An error occurred while sending the request.", ended());
}

/** A name with several addresses fails with the failures of each. */
function codeOf(error: NodeJS.ErrnoException): string {
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [];
  return error.code ?? first?.code ?? "";
}

function ended(): DotNetException {
  return new DotNetException("System.Net.Http.HttpIOException", "The response ended prematurely. (ResponseEnded)");
}

function timedOut(): DotNetException {
  return new DotNetException(
    "System.Threading.Tasks.TaskCanceledException",
    `The request was canceled due to the configured HttpClient.Timeout of ${limitInSeconds} seconds elapsing.`,
  );
}
