/** A .NET exception as history tells of it: its message is the reason, without anything in front. */
export class DotNetException extends Error {
  override readonly name = "DotNetException";
  /** The full name of its type. */
  readonly type: string;
  readonly inner: DotNetException | undefined;

  constructor(type: string, message: string, inner?: DotNetException) {
    super(message);
    this.type = type;
    this.inner = inner;
  }
}

/** As `Exception.ToString` writes it, without the places in the code: those are the platform's. */
export function textOf({ type, message, inner }: DotNetException): string {
  return inner
    ? `${type}: ${message}\n ---> ${textOf(inner)}\n   --- End of inner exception stack trace ---`
    : `${type}: ${message}`;
}

export const invalidFormat = (message: string): DotNetException =>
  new DotNetException("System.FormatException", message);
export const invalidOperation = (message: string): DotNetException =>
  new DotNetException("System.InvalidOperationException", message);
export const requestFailed = (message: string, inner?: DotNetException): DotNetException =>
  new DotNetException("System.Net.Http.HttpRequestException", message, inner);
