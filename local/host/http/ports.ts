import type { RequestListener } from "node:http";
import type { Log } from "../log.ts";
import { clientListener, publicListener, type ListenerContext } from "./listener.ts";
import { listen } from "./server.ts";

export interface PortOptions {
  readonly port: number;
  /** A port in use is refused instead of stepped over. */
  readonly exact: boolean;
  readonly log: Log;
  /** What is to be around every answer. */
  readonly around: (listener: RequestListener) => RequestListener;
  readonly closers: (() => Promise<void> | void)[];
}

export interface Ports {
  /** Lets requests in; until then they wait. */
  readonly open: (context: ListenerContext) => void;
  readonly port: number;
  /** Of the API for the app's own Durable client. */
  readonly rpcPort: number;
}

/** Both addresses of the host, before there is an app: it has to be told where they are. */
export async function openPorts({ port, exact, log, around, closers }: PortOptions): Promise<Ports> {
  const gate = Promise.withResolvers<ListenerContext>();
  gate.promise.catch(() => undefined);
  const steppedOver = (taken: number): void => {
    log.warn(`port ${taken} is in use; trying the next`);
  };
  const open = async (wanted: number, listener: typeof publicListener): Promise<number> => {
    const listening = await listen(wanted, around(waiting(gate.promise, listener)), steppedOver, exact);
    closers.push(listening.close);
    return listening.port;
  };
  return { port: await open(port, publicListener), rpcPort: await open(0, clientListener), open: gate.resolve };
}

function waiting(gate: Promise<ListenerContext>, listener: typeof publicListener): RequestListener {
  return (request, response) => {
    gate.then(
      (context) => {
        listener(context)(request, response);
      },
      () => response.destroy(),
    );
  };
}
