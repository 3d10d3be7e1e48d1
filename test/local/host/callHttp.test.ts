import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as tcpServer, type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createCallHttp, type CallHttp } from "../../../local/host/durable/http/callHttp.ts";
import type { DurableHttpRequest } from "../../../local/host/durable/replay/actions.ts";

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}
interface Answered {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly content: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that notes what it hears. */
async function listening(answer: RequestListener): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { method = "", url = "", rawHeaders } = request;
      heard.push({ method, url, headers: rawHeaders, body: body.toString("utf8") });
      answer(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const ok: RequestListener = (_request, response) => void response.end("ok");
const call = async (
  request: Partial<DurableHttpRequest> & { uri: string },
  callHttp: CallHttp = createCallHttp(),
): Promise<Answered> => JSON.parse(await callHttp({ method: "GET", ...request })) as Answered;
const agent = ["User-Agent", "Microsoft.Azure.WebJobs.Extensions.DurableTask/3.14.1"];
const refusal = (request: Partial<DurableHttpRequest>): Promise<unknown> =>
  call({ uri: "http://127.0.0.1:1/", ...request }).catch((error: unknown) => (error as Error).message);
const headerOf = ({ headers }: Heard, wanted: string): string | undefined => {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
  return at < 0 ? undefined : headers[at + 1];
};

describe("a request of callHttp", () => {
  test("says who the extension is, and has no other header that nobody asked for", async () => {
    const { url, heard } = await listening(ok);
    await call({ uri: `${url}/a?b=c`, headers: { "X-Mine": "1" } });
    const headers = ["Host", url.slice(7), "X-Mine", "1", ...agent];
    expect(heard).toEqual([{ method: "GET", url: "/a?b=c", headers, body: "" }]);
  });

  test("keeps a User-Agent of its own, in any case", async () => {
    const { url, heard } = await listening(ok);
    await call({ uri: url, headers: { "user-agent": "mine/1" } });
    expect(heard[0]?.headers).toEqual(["Host", url.slice(7), "User-Agent", "mine/1"]);
  });

  test("carries a body with any method", async () => {
    const { url, heard } = await listening(ok);
    for (const method of ["GET", "DELETE", "post"]) await call({ uri: url, method, content: '{"ä":1}' });
    expect(heard.map(({ method, body }) => [method, body])).toEqual([
      ["GET", '{"ä":1}'],
      ["DELETE", '{"ä":1}'],
      ["POST", '{"ä":1}'],
    ]);
    expect(heard.map((one) => headerOf(one, "content-type"))).toEqual(["text/plain", "text/plain", "text/plain"]);
    expect(headerOf(heard[0] as Heard, "content-length")).toBe("8");
  });

  test("without a body says so where one is expected", async () => {
    const { url, heard } = await listening(ok);
    for (const method of ["GET", "POST"]) await call({ uri: url, method });
    expect(heard.map((one) => headerOf(one, "content-length"))).toEqual([undefined, "0"]);
  });

  test("says the character set of a form, and of nothing else", async () => {
    const { url, heard } = await listening(ok);
    for (const type of ["application/x-www-form-urlencoded", "application/json"])
      await call({ uri: url, method: "POST", content: "a=b", headers: { "content-type": type } });
    expect(heard.map((one) => headerOf(one, "content-type"))).toEqual([
      "application/x-www-form-urlencoded; charset=utf-8",
      "application/json",
    ]);
  });

  test("joins several values of a header, and leaves out what is no text", async () => {
    const { url, heard } = await listening(ok);
    await call({ uri: url, headers: { "X-Multi": ["a", "b"], "X-Number": 5, "X-Null": null } });
    expect(headerOf(heard[0] as Heard, "x-multi")).toBe("a, b");
    expect(headerOf(heard[0] as Heard, "x-number")).toBeUndefined();
    expect(headerOf(heard[0] as Heard, "x-null")).toBeUndefined();
  });

  const misused = (name: string): string =>
    `Misused header name, '${name}'. Make sure request headers are used with HttpRequestMessage, response headers with HttpResponseMessage, and content headers with HttpContent objects.`;
  const invalid = (value: string): string => `The format of value '${value}' is invalid.`;
  test.each([
    [
      "a media type with a character set",
      { content: "x", headers: { "Content-Type": "application/json; charset=utf-8" } },
      invalid("application/json; charset=utf-8"),
    ],
    ["what is no media type", { content: "x", headers: { "Content-Type": "json" } }, invalid("json")],
    [
      "multipart",
      { content: "x", headers: { "content-type": "multipart/form-data; boundary=a" } },
      "Multipart content is not supported with CallHttpAsync.",
    ],
    [
      "multipart without a body",
      { headers: { "content-type": "multipart/mixed" } },
      "Multipart content is not supported with CallHttpAsync.",
    ],
    ["a length", { content: "x", headers: { "content-length": "1" } }, misused("Content-Length")],
    ["an encoding of the content", { headers: { "CONTENT-ENCODING": "gzip" } }, misused("Content-Encoding")],
    ["a header of answers", { headers: { etag: '"a"' } }, misused("ETag")],
    ["a name with a space", { headers: { "a b": "c" } }, "The header name 'a b' has an invalid format."],
    [
      "a line break in a value",
      { headers: { "X-A": "b\r\nX-C: d" } },
      "New-line characters are not allowed in header values.",
    ],
    ["a date that is none", { headers: { "If-Modified-Since": "yesterday" } }, invalid("yesterday")],
    ["a tag without quotes", { headers: { "If-Match": "abc" } }, invalid("abc")],
    ["a media type accepted that is none", { headers: { Accept: "json" } }, invalid("json")],
    [
      "two authorizations",
      { headers: { Authorization: ["Bearer a", "Bearer b"] } },
      "Cannot add value because header 'Authorization' does not support multiple values.",
    ],
    [
      "chunks of nothing",
      { headers: { "Transfer-Encoding": "chunked" } },
      "'Transfer-Encoding: chunked' header can not be used when content object is not specified.",
    ],
    ["a method with a space", { method: "GE T" }, "The format of the HTTP method is invalid."],
    [
      "an address without a host",
      { uri: "api/target" },
      "An invalid request URI was provided. Either the request URI must be an absolute URI or BaseAddress must be set.",
    ],
    ["a path", { uri: "/api/target" }, "The 'file' scheme is not supported."],
    ["another scheme", { uri: "ftp://example.com/a" }, "The 'ftp' scheme is not supported."],
  ] satisfies readonly (readonly [string, Partial<DurableHttpRequest>, string])[])(
    "with %s fails before it is sent",
    async (_what, request, words) => {
      expect(await refusal(request)).toBe(words);
    },
  );

  test.each([
    { Accept: "application/json, text/plain;q=0.5, */*" },
    { "If-None-Match": '"a", W/"b"' },
    { "If-Match": "*" },
    { Authorization: "Bearer a.b-c_d==" },
    { Authorization: "token" },
    { "User-Agent": "my-app/1.0 (linux; x64) other" },
    { Range: "bytes=0-10, -5" },
    { "Accept-Language": "de-DE, de;q=0.9, *;q=0.1" },
    { Cookie: "a=b; c=d" },
  ])("may have %j", async (headers) => {
    const { url, heard } = await listening(ok);
    await call({ uri: url, headers });
    const [[name, value] = ["", ""]] = Object.entries(headers);
    expect(headerOf(heard[0] as Heard, name.toLowerCase())).toBe(value);
  });
});

describe("a redirect", () => {
  const redirecting = (status: number): Promise<{ url: string; heard: Heard[] }> =>
    listening((request, response) => {
      if (request.url === "/target") response.end("there");
      else response.writeHead(status, { location: "/target" }).end();
    });

  test.each([300, 301, 302, 303, 307, 308])("of %i is followed", async (status) => {
    const { url } = await redirecting(status);
    expect(await call({ uri: url })).toMatchObject({ statusCode: 200, content: "there" });
  });

  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "PUT", "GET"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [301, "PUT", "PUT"],
    [303, "HEAD", "HEAD"],
  ])("of %i turns %s into %s, and takes the body away from what is GET then", async (status, method, then) => {
    const { url, heard } = await redirecting(status);
    await call({ uri: url, method, ...(method === "HEAD" ? {} : { content: "body" }) });
    expect(heard.at(-1)).toMatchObject({ method: then, body: then === "GET" || then === "HEAD" ? "" : "body" });
    expect(headerOf(heard.at(-1) as Heard, "content-type")).toBe(
      then === method && then !== "HEAD" ? "text/plain" : undefined,
    );
  });

  test("is not told who asked", async () => {
    const { url, heard } = await redirecting(307);
    await call({ uri: url, headers: { authorization: "Bearer secret", "X-Mine": "1" } });
    expect(heard.map((one) => [headerOf(one, "authorization"), headerOf(one, "x-mine")])).toEqual([
      ["Bearer secret", "1"],
      [undefined, "1"],
    ]);
  });

  test("without an address, and the fifty-first, is the answer", async () => {
    const { url } = await listening((_request, response) => void response.writeHead(302).end("nowhere"));
    expect(await call({ uri: url })).toMatchObject({ statusCode: 302, content: "nowhere" });
    const circle = await listening((_request, response) => void response.writeHead(302, { location: "/" }).end());
    expect(await call({ uri: circle.url })).toMatchObject({ statusCode: 302 });
    expect(circle.heard).toHaveLength(51);
  });
});

describe("an answer", () => {
  test("tells its headers as they were sent, those that came twice as a list, and none of the content's", async () => {
    const { url } = await listening((_request, response) => {
      const headers = ["X-Custom-Header", "abc", "cache-control", "no-cache", "Set-Cookie", "a=1", "set-cookie", "b=2"];
      response.writeHead(200, [...headers, "Content-Type", "text/plain", "Last-Modified", "x", "Connection", "close"]);
      response.end("ok");
    });
    const { headers } = await call({ uri: url });
    expect(headers).toMatchObject({
      "X-Custom-Header": "abc",
      "Cache-Control": "no-cache",
      "Set-Cookie": ["a=1", "b=2"],
    });
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain("content-type");
    expect(Object.keys(headers)).not.toContain("Last-Modified");
  });

  test("is read in its own character set, and as it was sent where it is compressed", async () => {
    const { url } = await listening((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=ISO-8859-1" }).end(Buffer.from([0xe4]));
    });
    expect((await call({ uri: url })).content).toBe("ä");
    const unknown = await listening((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=nosuch" }).end("x");
    });
    expect(await refusal({ uri: unknown.url })).toBe(
      "The character set provided in ContentType is invalid. Cannot read content as string using an invalid character set.",
    );
  });
});

describe("what does not come to an answer", () => {
  test("nobody listens", async () => {
    const { url } = await listening(ok);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    expect(await refusal({ uri: url })).toBe(`Connection refused (${url.slice(7)})`);
  });

  test("no such name", async () => {
    expect(await refusal({ uri: "http://nosuch.invalid/" })).toMatch(
      /^(Name or service not known|Resource temporarily unavailable) \(nosuch\.invalid:80\)$/,
    );
  });

  test("the connection is cut before the answer, and within it", async () => {
    const cut = tcpServer((socket) => socket.once("data", () => socket.destroy()));
    const within = tcpServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")),
    );
    for (const server of [cut, within]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = (server: typeof cut): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await refusal({ uri: at(cut) })).toBe("An error occurred while sending the request.");
    expect(await refusal({ uri: at(within) })).toBe("Error while copying content to a stream.");
    cut.close();
    within.close();
  });

  test("the other side does not speak TLS", async () => {
    const { url } = await listening(ok);
    expect(await refusal({ uri: url.replace("http:", "https:") })).toBe(
      "The SSL connection could not be established, see inner exception.",
    );
  });
});

describe("cookies of callHttp", () => {
  const setting =
    (...cookies: readonly string[]): RequestListener =>
    (_request, response) =>
      void response.setHeader("Set-Cookie", cookies).end("ok");

  test("are told again in later calls of the host, and not by another host", async () => {
    const { url, heard } = await listening(setting("session=1", "theme=dark; Path=/"));
    const host = createCallHttp();
    expect((await call({ uri: url }, host)).headers["Set-Cookie"]).toEqual(["session=1", "theme=dark; Path=/"]);
    await call({ uri: url }, host);
    await call({ uri: url });
    expect(heard.map((one) => headerOf(one, "cookie"))).toEqual([undefined, "session=1; theme=dark", undefined]);
  });

  test("follow one of the request's own", async () => {
    const { url, heard } = await listening(setting("session=1"));
    const host = createCallHttp();
    await call({ uri: url }, host);
    await call({ uri: url, headers: { cookie: "mine=2" } }, host);
    expect(heard.map((one) => headerOf(one, "cookie"))).toEqual([undefined, "mine=2; session=1"]);
  });

  test("of a redirect are sent to where it leads", async () => {
    const { url, heard } = await listening((request, response) => {
      if (request.url === "/login") response.writeHead(302, { location: "/in", "set-cookie": "session=1; Path=/" });
      response.end("ok");
    });
    await call({ uri: `${url}/login` });
    expect(heard.map((one) => [one.url, headerOf(one, "cookie")])).toEqual([
      ["/login", undefined],
      ["/in", "session=1"],
    ]);
  });

  test.each([
    ["of another path", "a=1; Path=/else"],
    ["for https only", "a=1; Secure"],
    ["that are over", "a=1; Max-Age=0"],
    ["for another host", "a=1; Domain=example.net"],
    ["that are none", "; ; ="],
  ])("%s are not sent", async (_what, cookie) => {
    const { url, heard } = await listening(setting(cookie));
    const host = createCallHttp();
    await call({ uri: url }, host);
    await call({ uri: url }, host);
    expect(heard.map((one) => headerOf(one, "cookie"))).toEqual([undefined, undefined]);
  });
});
