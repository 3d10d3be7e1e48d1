import { clusterKeyOf, isType, linkIdOf, names, parseResourceId, resourceRef, uuidV5 } from "../../src/domain/ids.ts";

const cluster =
  "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-apps/providers/Microsoft.ContainerService/managedClusters/aks-prod";
const registry =
  "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-images/providers/Microsoft.ContainerRegistry/registries/fabrikam";

describe("a resource id", () => {
  test("gives its coordinates in the case it was written", () => {
    expect(parseResourceId(`${cluster}/`)).toEqual({
      outcome: "parsed",
      type: "Microsoft.ContainerService/managedClusters",
      ref: {
        id: cluster,
        subscriptionId: "11111111-1111-4111-8111-111111111111",
        resourceGroup: "rg-apps",
        name: "aks-prod",
      },
    });
  });

  test.each([
    ["nothing", ""],
    ["a name alone", "aks-prod"],
    ["a subscription that is no GUID", cluster.replace(/subscriptions\/[^/]+/, "subscriptions/prod")],
    ["a child resource", `${cluster}/agentPools/system`],
    ["a path that climbs", cluster.replace("aks-prod", "..%2Fother")],
    ["a query", `${cluster}?api-version=1`],
    ["in the resource group ..", cluster.replace("rg-apps", "..")],
    ["in the resource group .", cluster.replace("rg-apps", ".")],
    ["in a resource group that ends with a dot", cluster.replace("rg-apps", "rg.")],
    ["in a resource group with a longer name than any", cluster.replace("rg-apps", "g".repeat(91))],
    ["with a shell's quotes", `"${cluster}"`],
    ["changed by a shell into a path", `C:/Program Files/Git${cluster}`],
    ["of a registry by its login server", `${registry}.azurecr.io`],
    ["of a registry with the hash of its login server", `${registry}-d4a1bcdef2g3h4e5`],
    ["of a cluster that ends with a dash", `${cluster}-`],
  ])("that is %s is malformed, and says why", (_what, text) => {
    expect(parseResourceId(text)).toEqual({ outcome: "malformed", reason: expect.stringMatching(/^(is|names) no/) });
  });

  test.each([
    ["in capitals", cluster.toUpperCase()],
    ["in small letters", cluster.toLowerCase()],
    ["with one word in another case", cluster.replace("/providers/", "/Providers/")],
    ["with blanks and line ends around it", `  ${cluster}/\r\n`],
    ["in a group with all that Azure allows", cluster.replace("rg-apps", "-Größe_(1).привет")],
    ["in a group whose accents stand behind their letters", cluster.replace("rg-apps", "FORMACIO\u0301N")],
  ])("%s is read, and keeps its spelling", (_what, text) => {
    const parsed = parseResourceId(text);
    if (parsed.outcome !== "parsed") throw new Error(parsed.reason);
    expect(parsed.ref.id).toBe(text.trim().replace(/\/$/, ""));
    expect(parsed.ref.name.toLowerCase()).toBe("aks-prod");
    expect(parsed.type.toLowerCase()).toBe("microsoft.containerservice/managedclusters");
  });
});

test.each([
  ["is in quotation marks", `\u201c${cluster}\u201d`, ": it has quotation marks around it"],
  ["has quotation marks further on", cluster.replace("Microsoft", '"Microsoft'), ""],
  ["is percent-encoded", encodeURIComponent(cluster), ": it is percent-encoded"],
  ["begins with something else", "aks-prod", ": a resource id begins with /subscriptions/"],
  [
    "has something in front",
    `https://portal.azure.com${cluster}`,
    ": a resource id begins with /subscriptions/, and something is in front of it",
  ],
  [
    "has a character that nobody sees",
    cluster.replace("aks", "\u200baks"),
    ": it has a blank or an invisible character in it, U+200B",
  ],
  ["has a tab", cluster.replace("aks", "\taks"), ": it has a blank or an invisible character in it, U+0009"],
  ["is cut", cluster.slice(0, -12), ""],
])("an id that %s is refused with what is wrong with it", (_what, text, hint) => {
  expect(parseResourceId(text)).toEqual({ outcome: "malformed", reason: `is not a resource id${hint}` });
});

describe("a resource of any other type", () => {
  const vault = cluster.replace(/Microsoft.*/, "Microsoft.KeyVault/vaults/kv-prod");

  test("is read by the letters that any name has", () => {
    expect(parseResourceId(vault)).toMatchObject({ outcome: "parsed", type: "Microsoft.KeyVault/vaults" });
    expect(parseResourceId(`${vault}.x`)).toEqual({
      outcome: "malformed",
      reason: "names nothing that can exist: the name cannot exist",
    });
  });

  test("is told apart by its type, in any case", () => {
    expect(isType("MICROSOFT.keyvault/Vaults", "Microsoft.KeyVault/vaults")).toBe(true);
    expect(isType("Microsoft.KeyVault/vaults", "Microsoft.KeyVault/managedHSMs")).toBe(false);
  });
});

test("an id that was checked at the edge gives its coordinates; a malformed one here is a defect", () => {
  expect(resourceRef(registry)).toMatchObject({ id: registry, name: "fabrikam" });
  expect(() => resourceRef("fabrikam")).toThrow("not a resource id: fabrikam");
});

describe("keys", () => {
  test("are the same for every spelling of the ids", () => {
    expect(linkIdOf(cluster.toUpperCase(), registry)).toBe(linkIdOf(cluster, registry.toLowerCase()));
    expect(clusterKeyOf(cluster.toUpperCase())).toBe(clusterKeyOf(cluster));
  });

  test("differ when cluster and registry are exchanged", () => {
    expect(linkIdOf(registry, cluster)).not.toBe(linkIdOf(cluster, registry));
  });

  test("stay what they were in the first release: names outside are derived from them", () => {
    expect([linkIdOf(cluster, registry), clusterKeyOf(cluster)]).toEqual(["e577f9ace7ba0a19", "5381a1fb62accad4"]);
  });

  test("fit the limits of what they name", () => {
    expect(names.applicationTitle("x".repeat(200))).toHaveLength(120);
    expect(names.vaultSecret(clusterKeyOf(cluster))).toMatch(/^[0-9a-zA-Z-]{1,127}$/);
  });
});

test("version 5 UUIDs in the URL namespace agree with other implementations", () => {
  expect(uuidV5("https://example.com/")).toBe("dd2c1780-811a-5296-81c5-178a0ef488bc");
});
