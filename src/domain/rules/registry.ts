import type { RegistryFacts } from "../facts.ts";
import { isOfRegistry, looksForeign, parseImage } from "../image.ts";
import { pullRoleFor } from "../roles.ts";
import { registryUnreadable } from "../unreadable.ts";
import { fail, pass, unknown, warn, type Facts, type Rule, type Verdict } from "./rule.ts";

const ofRegistry =
  (judge: (registry: RegistryFacts, facts: Facts) => Verdict | undefined) =>
  (facts: Facts): Verdict | undefined =>
    facts.registry.outcome === "found" ? judge(facts.registry, facts) : undefined;

export const registryRules: readonly Rule[] = [
  {
    id: "registry-exists",
    title: "registry exists",
    about: "The registry is read in its tenant. Fails where it is not there, or where our identity may not read it.",
    judge: ({ registry, request }) => {
      if (registry.outcome === "found") return pass(registry.id);
      const { code, detail } = registryUnreadable(
        `${request.registry} in tenant ${request.registryTenantId}`,
        registry,
      );
      return fail(code, detail);
    },
  },
  {
    id: "pull-role",
    title: "pull role",
    about:
      "The role that the registry's mode honours. A warning where the request names repositories and the mode cannot limit the role to them.",
    judge: ofRegistry(({ roleMode }, { request }) => {
      const role = pullRoleFor(roleMode);
      if (roleMode === "abac" || request.repositories.length === 0) return pass(role.name);
      return warn(
        `${role.name} opens every repository: this registry's role mode cannot limit it to ${request.repositories.join(", ")}`,
      );
    }),
  },
  {
    id: "registry-network-here",
    title: "registry's network rules, from Crosspull",
    about:
      "The registry's own endpoint is asked from where Crosspull runs. A warning where its network rules refuse us: the pull is then proved by token only, and the link says so. Unknown where nothing answered.",
    judge: ofRegistry((_registry, { content }) => {
      if (content.outcome === "networkRefused")
        return warn(`${content.detail}: the pull is proved by token only, not from where Crosspull runs`);
      return content.outcome === "unknown" ? unknown(content.detail) : pass("the registry answers us");
    }),
  },
  {
    id: "registry-network-nodes",
    title: "registry's network rules, from the nodes",
    about:
      "The nodes pull from other addresses than Crosspull's. Passes where the registry is open to all networks; unknown where it is not, since the nodes' addresses are not known to us.",
    judge: ofRegistry((registry) => {
      const { publicNetworkAccess, defaultNetworkAction, allowedAddresses, privateEndpoints, dataEndpoints } = registry;
      if (publicNetworkAccess === null)
        return unknown(`Azure does not say whether ${registry.id} is open to all networks`);
      if (publicNetworkAccess === "Enabled" && defaultNetworkAction === "Allow") return pass("open to all networks");
      const allowed = allowedAddresses.length === 0 ? "no address" : allowedAddresses.join(", ");
      const layers = dataEndpoints ? "its data endpoints" : "the blob host that serves its layers";
      return unknown(
        `public access ${publicNetworkAccess}, default action ${defaultNetworkAction}, allowed: ${allowed}, ${privateEndpoints} private endpoints: the nodes have to reach the registry and ${layers}`,
      );
    }),
  },
  {
    id: "registry-service",
    title: "registry service in the registry's tenant",
    about:
      "Tokens for registries need the service principal of the Azure Container Registry service in the registry's tenant. Fails where it is missing (AADSTS500011).",
    judge: ({ content, request }) =>
      content.outcome === "noRegistryService"
        ? fail("CP-REGISTRY-SERVICE-MISSING", `tenant ${request.registryTenantId}: ${content.detail}`)
        : undefined,
  },
  {
    id: "image",
    title: "image and repositories",
    about:
      "The image and the repositories that the request names, looked up with our own identity. Fails where one is not there, is locked or in quarantine, or where the image names another registry. Unknown where our rights do not show contents (a registry in ABAC mode): then the proof after consent finds out.",
    judge: ofRegistry(({ id, loginServer }, { request, content }) => {
      const named = [...(request.image === null ? [] : [request.image]), ...request.repositories];
      if (named.length === 0) return undefined;
      const parsed = request.image === null ? undefined : parseImage(request.image);
      if (parsed?.outcome === "parsed" && !isOfRegistry(parsed.image, loginServer))
        return fail(
          "CP-BAD-REQUEST",
          `image: ${parsed.image.registry} is not the login server of ${id}, ${loginServer}`,
        );
      if (content.outcome === "notGivenOut")
        return fail("CP-PULL-REFUSED", `${content.name} in ${id}: ${content.detail}`);
      if (parsed?.outcome === "parsed" && looksForeign(parsed.image) && content.outcome !== "seen")
        return fail(
          "CP-BAD-REQUEST",
          `image: nodes would look for ${request.image} in another registry, and whether this one has such a repository cannot be seen; if it has, write it as ${loginServer}/${request.image}`,
        );
      if (content.outcome !== "seen") return unknown(`${named.join(", ")}: ${content.detail}`);
      if (content.lacking.length > 0)
        return fail(
          "CP-IMAGE-NOT-FOUND",
          content.lacking.map(({ name, detail }) => `${name} is not in ${id}: ${detail}`).join("; "),
        );
      return pass(named.join(", "));
    }),
  },
];
