import { Server } from "node:net";

/** While `action` runs, a server that names no address listens on 127.0.0.1: the library's proxy would listen on all. */
export async function onLoopback<Result>(action: () => Promise<Result>): Promise<Result> {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the caller's own `this` below
  const original = Server.prototype.listen as (...args: unknown[]) => Server;
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const [first, ...rest] = args;
    if (typeof first === "function" || first === undefined) return original.call(this, 0, "127.0.0.1", ...args);
    if (typeof first === "number" && typeof rest[0] !== "string")
      return original.call(this, first, "127.0.0.1", ...rest);
    return original.call(this, ...args);
  };
  try {
    return await action();
  } finally {
    Server.prototype.listen = original;
  }
}
