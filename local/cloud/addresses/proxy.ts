import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface Proxy {
  /** `http://127.0.0.1:8450`: what `HTTPS_PROXY` has to say. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * An HTTP CONNECT proxy on 127.0.0.1. `portOf` says where a name is listened for on this machine; any other name, any
 * port but 443 and anything but CONNECT is refused, so that nothing ever leaves the machine through it.
 */
export async function openProxy(
  port: number,
  portOf: (host: string) => number | undefined,
  listenAt: (server: Server, port: number) => Promise<number>,
): Promise<Proxy> {
  const open = new Set<Duplex>();
  const keep = (socket: Duplex): void => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = createServer((_request, response) => {
    response.writeHead(405, { "content-type": "text/plain", allow: "CONNECT" });
    response.end("This proxy knows CONNECT alone.\n");
  });
  server.on("connection", (socket: Socket) => keep(socket));
  server.on("connect", (request, client, head) => {
    const target = targetOf(request.url ?? "", portOf);
    if (target === undefined) {
      client.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const upstream = connect(target, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    keep(upstream);
    upstream.once("close", () => client.destroy());
    client.once("close", () => upstream.destroy());
  });
  const taken = await listenAt(server, port);
  const { address } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${taken}`,
    port: taken,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function targetOf(authority: string, portOf: (host: string) => number | undefined): number | undefined {
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(authority) ?? [];
  return host !== undefined && port === "443" ? portOf(host.toLowerCase()) : undefined;
}
