import { applications } from "./applications.ts";
import type { Directory } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { connectGraph } from "./graph.ts";
import { passwords } from "./passwords.ts";
import { principals } from "./principals.ts";
import { tenantFacts } from "./tenantFacts.ts";

export function connectDirectory(cloud: Cloud, credentials: Credentials): Directory {
  const graph = connectGraph(cloud, credentials);
  return {
    ...applications(graph),
    ...principals(graph),
    ...passwords(graph),
    ...tenantFacts(graph, cloud, credentials),
  };
}
