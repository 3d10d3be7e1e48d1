import { isObject } from "../armKit/body.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import { shownManifest, shownRepository, shownTag } from "./attributes.ts";
import { registryError } from "./errors.ts";
import { attributeNames, type Attributes } from "./imageLocks.ts";
import { unknownManifest, unknownTag } from "./listRoutes.ts";
import type { RegistryModel } from "./model.ts";
import { needing, repository, unknownName } from "./routes.ts";
import { jsonOf } from "../kit/texts.ts";

/** What may be done with repositories, tags and manifests: how images are locked. */
export function attributeRoutes(model: RegistryModel, createdAt: () => string): Route[] {
  const may = (action: string, handler: (call: Call) => Reply): Route["handle"] =>
    needing(model, (name) => repository(name, action), handler);
  const shown = (name: string): Reply => ({ status: 200, body: shownRepository(model, name, createdAt()) });
  return [
    {
      method: "PATCH",
      path: "/acr/v1/*name/_tags/:reference",
      operation: "ContainerRegistry_UpdateTagAttributes",
      handle: may("metadata_write", (call) => {
        const { name = "", reference = "" } = call.params;
        if (!model.contents.tags(name)?.includes(reference)) return unknownTag(reference);
        return changed(model, call, reference, () => ({
          registry: model.loginServer,
          imageName: name,
          tag: shownTag(model, name, reference, createdAt()),
        }));
      }),
    },
    {
      method: "PATCH",
      path: "/acr/v1/*name/_manifests/:digest",
      operation: "ContainerRegistry_UpdateManifestProperties",
      handle: may("metadata_write", (call) => {
        const { name = "", digest = "" } = call.params;
        const found = model.contents.manifests(name)?.find((one) => one.digest === digest);
        if (!found) return unknownManifest(digest);
        return changed(model, call, digest, () => ({
          registry: model.loginServer,
          imageName: name,
          manifest: shownManifest(model, name, found, createdAt()),
        }));
      }),
    },
    {
      method: "GET",
      path: "/acr/v1/*name",
      operation: "ContainerRegistry_GetProperties",
      handle: may("metadata_read", ({ params: { name = "" } }) =>
        model.contents.tags(name) ? shown(name) : unknownName(name),
      ),
    },
    {
      method: "PATCH",
      path: "/acr/v1/*name",
      operation: "ContainerRegistry_UpdateProperties",
      handle: may("metadata_write", (call) => {
        const { name = "" } = call.params;
        if (!model.contents.tags(name)) return unknownName(name);
        return changed(model, call, undefined, () => shownRepository(model, name, createdAt()));
      }),
    },
  ];
}

function changed(model: RegistryModel, call: Call, reference: string | undefined, shown: () => object): Reply {
  const change = attributesIn(call.body);
  if (!change) return registryError(400, "BAD_REQUEST", "the attributes are not valid");
  model.locks.change(call.params["name"] ?? "", reference, change);
  return { status: 200, body: shown() };
}

/** Undefined for anything but an object of known attributes that are true or false. */
function attributesIn(text: string): Partial<Attributes> | undefined {
  const given = jsonOf(text);
  if (!isObject(given)) return undefined;
  const known = attributeNames.filter((name) => given[name] !== undefined && given[name] !== null);
  if (known.some((name) => typeof given[name] !== "boolean")) return undefined;
  return Object.fromEntries(known.map((name) => [name, given[name] === true]));
}
