import { app } from "@azure/functions";

app.http("echo", {
  route: "echo/{id?}",
  methods: ["GET", "POST"],
  handler: async (request) => ({
    jsonBody: {
      method: request.method,
      url: request.url,
      query: Object.fromEntries(request.query),
      params: request.params,
      header: request.headers.get("x-sample"),
      body: await request.text(),
    },
  }),
});
app.http("created", {
  handler: () => ({
    status: 201,
    headers: { "x-a": "b" },
    cookies: [{ name: "c", value: "v", maxAge: 5, sameSite: "Lax", httpOnly: true }],
    body: "made",
  }),
});
app.http("bytes", { handler: () => ({ body: new Uint8Array([0, 255, 10]) }) });
app.http("nothing", { handler: () => undefined });
app.http("throws", { handler: () => Promise.reject(new Error("no luck")) });
app.http("number", { handler: () => 5 });
app.http("length", {
  methods: ["POST"],
  handler: async (request) => ({ body: String((await request.arrayBuffer()).byteLength) }),
});
app.http("environment", {
  handler: (request) => ({ body: process.env[request.query.get("name")] ?? "" }),
});
app.http("crash", { handler: () => process.exit(3) });
app.timer("never", {
  schedule: "0 0 0 1 1 *",
  handler: (timer, context) => context.log(`past due: ${timer.isPastDue}`),
});
app.hook.preInvocation(({ invocationContext }) => {
  if (invocationContext.functionName === "created") invocationContext.log("a hook ran");
});
