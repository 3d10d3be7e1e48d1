/** The one place where functions are registered and clients are wired. Loading it must stay cheap: SDKs come at first use. */
import { app, type HttpMethod } from "@azure/functions";
import { activities } from "../activities/index.ts";
import { people } from "../activities/operationRow.ts";
import { refusePlaceholders } from "../config.ts";
import { durableClient } from "../durable/input.ts";
import { instancesOf } from "../durable/instances.ts";
import { registerActivity, registerOrchestrator } from "../durable/register.ts";
import { onboardLink } from "../orchestrators/onboardLink.ts";
import { offboardLink } from "../orchestrators/offboardLink.ts";
import { rotateCluster } from "../orchestrators/rotateCluster.ts";
import { rotateScope } from "../orchestrators/rotateScope.ts";
import { sweepRotations } from "../orchestrators/sweepRotations.ts";
import { cancelLink } from "./cancelLink.ts";
import { callers, connections, dependencies, environment, world } from "./connect.ts";
import { consentCallback, consentPageOf } from "./consentCallback.ts";
import { createLink } from "./createLink.ts";
import { health } from "./health.ts";
import { guarded, type Route } from "./http.ts";
import { getIdentity, listIdentities } from "./identities.ts";
import { getPolicy, putPolicy } from "./policy.ts";
import { getLink, getOperation, listLinks } from "./readLinks.ts";
import { removeLink } from "./removeLink.ts";
import { secondClock, sweepSchedule, sweepTimer } from "./sweepTimer.ts";
import { startRotation } from "./rotateCluster.ts";
import { startRotations } from "./rotations.ts";
import { unknownRoute } from "./unknownRoute.ts";

refusePlaceholders(environment);

registerOrchestrator(onboardLink);
registerOrchestrator(offboardLink);
registerOrchestrator(rotateCluster);
registerOrchestrator(rotateScope);
registerOrchestrator(sweepRotations);
for (const one of activities) registerActivity(one, world, people);

const routes: readonly Route[] = [
  {
    name: "createLink",
    method: "POST",
    route: "links",
    role: "Crosspull.Operator",
    query: ["dryRun"],
    handle: createLink(connections, instancesOf),
  },
  {
    name: "listLinks",
    method: "GET",
    route: "links",
    role: "Crosspull.Reader",
    query: ["status", "cluster", "registry", "size", "page"],
    handle: listLinks(world, instancesOf),
  },
  {
    name: "getLink",
    method: "GET",
    route: "links/{id}",
    role: "Crosspull.Reader",
    query: [],
    handle: getLink(world, instancesOf),
  },
  {
    name: "removeLink",
    method: "DELETE",
    route: "links/{id}",
    role: "Crosspull.Operator",
    query: ["dryRun"],
    handle: removeLink(connections, instancesOf),
  },
  {
    name: "cancelLink",
    method: "POST",
    route: "links/{id}/cancel",
    role: "Crosspull.Operator",
    query: [],
    handle: cancelLink(world, instancesOf),
  },
  {
    name: "getOperation",
    method: "GET",
    route: "operations/{id}",
    role: "Crosspull.Reader",
    query: [],
    handle: getOperation(world, instancesOf),
  },
  {
    name: "startRotation",
    method: "POST",
    route: "clusters/{id}/rotation",
    role: "Crosspull.Operator",
    query: ["dryRun"],
    handle: startRotation(connections, instancesOf),
  },
  {
    name: "startRotations",
    method: "POST",
    route: "rotations",
    role: "Crosspull.Operator",
    query: ["dryRun"],
    handle: startRotations(connections, instancesOf),
  },
  {
    name: "getPolicy",
    method: "GET",
    route: "clusters/{id}/policy",
    role: "Crosspull.Reader",
    query: [],
    handle: getPolicy(connections),
  },
  {
    name: "putPolicy",
    method: "PUT",
    route: "clusters/{id}/policy",
    role: "Crosspull.Operator",
    query: [],
    handle: putPolicy(connections),
  },
  {
    name: "listIdentities",
    method: "GET",
    route: "identities",
    role: "Crosspull.Reader",
    query: ["resource", "size", "page"],
    handle: listIdentities(connections, instancesOf),
  },
  {
    name: "getIdentity",
    method: "GET",
    route: "identities/{id}",
    role: "Crosspull.Reader",
    query: [],
    handle: getIdentity(connections, instancesOf),
  },
  {
    name: "consentCallback",
    method: "GET",
    route: "consent",
    role: null,
    // Entra adds what it likes to the address.
    query: "any",
    handle: consentCallback(world, instancesOf),
    show: consentPageOf,
  },
  { name: "health", method: "GET", route: "health", role: null, query: ["live"], handle: health(dependencies) },
];

app.timer("rotateSecrets", {
  schedule: sweepSchedule,
  extraInputs: [durableClient],
  handler: sweepTimer(connections, instancesOf),
});

const clock = secondClock(connections, instancesOf);

/** Who may call is checked by bearer token in the handler, never by function keys: those are shared secrets. */
for (const route of routes) {
  app.http(route.name, {
    methods: [route.method],
    route: route.route,
    authLevel: "anonymous",
    extraInputs: [durableClient],
    handler: guarded(route, callers, clock),
  });
}

const everyMethod: HttpMethod[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
// The host tries routes in the order of the functions' names: this one has to come last.
app.http("zzUnknownRoute", {
  methods: everyMethod,
  route: "{*path}",
  authLevel: "anonymous",
  handler: unknownRoute(routes),
});
