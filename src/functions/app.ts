/** The one place where functions are registered and clients are wired. Loading it must stay cheap: SDKs come at first use. */
import { app, type HttpMethod } from "@azure/functions";
import { claimCluster, releaseCluster } from "../activities/claimCluster.ts";
import { carryOverRoles } from "../activities/carryOverRoles.ts";
import { confirmCluster } from "../activities/confirmCluster.ts";
import { ensureIdentity } from "../activities/ensureIdentity.ts";
import { ensureSecret } from "../activities/ensureSecret.ts";
import { followClusterUpdate } from "../activities/followClusterUpdate.ts";
import { grantPull } from "../activities/grantPull.ts";
import { prepareConsent } from "../activities/prepareConsent.ts";
import { probeConsent } from "../activities/probeConsent.ts";
import { provePull } from "../activities/provePull.ts";
import { recordEnding } from "../activities/recordEnding.ts";
import { startClusterUpdate } from "../activities/startClusterUpdate.ts";
import { undoLink } from "../activities/undoLink.ts";
import { durableClient } from "../durable/input.ts";
import { registerActivity, registerOrchestrator } from "../durable/register.ts";
import { onboardLink } from "../orchestrators/onboardLink.ts";
import { cancelLink } from "./cancelLink.ts";
import { callers, connected, reached, world } from "./connect.ts";
import { consentCallback } from "./consentCallback.ts";
import { createLink } from "./createLink.ts";
import { health } from "./health.ts";
import { answering, guarded, type Handler } from "./http.ts";
import { getLink, listLinks } from "./readLinks.ts";

registerOrchestrator(onboardLink);

registerActivity(carryOverRoles, world);
registerActivity(claimCluster, world);
registerActivity(confirmCluster, world);
registerActivity(ensureIdentity, world);
registerActivity(ensureSecret, world);
registerActivity(followClusterUpdate, world);
registerActivity(grantPull, world);
registerActivity(prepareConsent, world);
registerActivity(probeConsent, world);
registerActivity(provePull, world);
registerActivity(recordEnding, world);
registerActivity(releaseCluster, world);
registerActivity(startClusterUpdate, world);
registerActivity(undoLink, world);

http("createLink", "POST", "links", guarded(callers, "Crosspull.Operator", createLink(connected)));
http("listLinks", "GET", "links", guarded(callers, "Crosspull.Reader", listLinks(world)));
http("getLink", "GET", "links/{id}", guarded(callers, "Crosspull.Reader", getLink(world)));
http("cancelLink", "POST", "links/{id}/cancel", guarded(callers, "Crosspull.Operator", cancelLink(world)));
http("consentCallback", "GET", "consent", answering(consentCallback(world)));
http("health", "GET", "health", answering(health(reached)));

/** Who may call is checked by bearer token in the handler, never by function keys: those are shared secrets. */
function http(name: string, method: HttpMethod, route: string, handler: Handler): void {
  app.http(name, { methods: [method], route, authLevel: "anonymous", extraInputs: [durableClient], handler });
}
