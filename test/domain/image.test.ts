import {
  isOfRegistry,
  isSameImage,
  looksForeign,
  parseImage,
  referenceOf,
  repositoryFault,
  type Image,
} from "../../src/domain/image.ts";

const digest = `sha256:${"0".repeat(64)}`;
const read = (text: string): Image | string => {
  const parsed = parseImage(text);
  return parsed.outcome === "parsed" ? parsed.image : parsed.reason;
};

test.each([
  ["team/app:v1", { registry: null, repository: "team/app", tag: "v1", digest: null }],
  ["app:1", { registry: null, repository: "app", tag: "1", digest: null }],
  ["app:8447", { registry: null, repository: "app", tag: "8447", digest: null }],
  [`team/app@${digest}`, { registry: null, repository: "team/app", tag: null, digest }],
  [`team/app:v1@${digest}`, { registry: null, repository: "team/app", tag: "v1", digest }],
  [
    "fabrikam.azurecr.io/team/app:v1",
    { registry: "fabrikam.azurecr.io", repository: "team/app", tag: "v1", digest: null },
  ],
  [
    "Fabrikam.AzureCR.io:443/app:v1",
    { registry: "fabrikam.azurecr.io:443", repository: "app", tag: "v1", digest: null },
  ],
  ["localhost:8447/team/app:v1", { registry: "localhost:8447", repository: "team/app", tag: "v1", digest: null }],
  // What a cache rule makes: a name of another registry as the first part of a repository.
  ["docker.io/library/nginx:1", { registry: null, repository: "docker.io/library/nginx", tag: "1", digest: null }],
  ["a__b/c-d--e.f:v1", { registry: null, repository: "a__b/c-d--e.f", tag: "v1", digest: null }],
])("%s is read as a kubelet reads it", (text, image) => {
  expect(read(text)).toEqual(image);
});

test.each([
  ["Team/App:v1", "capital letters"],
  ["other/../team/app:v1", "only dots"],
  ["./app:v1", "only dots"],
  ["team//app:v1", "lower-case letters"],
  ["team/app_:v1", "lower-case letters"],
  ["team/a..b:v1", "lower-case letters"],
  ["-team/app:v1", "lower-case letters"],
  ["team/app", "neither a tag nor a digest"],
  ["team/app:", "tag"],
  ["team/app:.v1", "tag"],
  [`team/app:${"v".repeat(129)}`, "tag"],
  [":v1", "no repository"],
  ["docker://team/app:v1", "no scheme"],
  ["oci://fabrikam.azurecr.io/charts/app:1.0.0", "no scheme"],
  ["fabrikam.azurecr.io/:v1", "no repository"],
  ["https://fabrikam.azurecr.io/team/app:v1", "no scheme"],
  ["oci://fabrikam.azurecr.io/team/app:v1", "no scheme"],
  ["team/app@sha256:00", "digest"],
  [`team/app@sha512:${"0".repeat(64)}`, "digest"],
  [`team/app@${digest}@${digest}`, "more than one @"],
  [`${"a".repeat(256)}:v1`, "longer than 255"],
])("%s is refused in words", (text, words) => {
  expect(read(text)).toContain(words);
});

test("an image that is refused is told apart from one that is read", () => {
  expect(parseImage("team/app")).toEqual({ outcome: "malformed", reason: "names neither a tag nor a digest" });
});

test.each([
  ["team/app", undefined],
  ["a".repeat(255), undefined],
  ["fabrikam.azurecr.io", undefined],
  ["fabrikam.azurecr.io/team/app", "registry in front"],
  ["https://fabrikam.azurecr.io/team/app", "registry in front"],
  ["team/*", "lower-case letters"],
  ["", "no repository"],
  ["team/app:v1", "lower-case letters"],
])("the repository %s alone: %s", (name, words) => {
  if (words === undefined) expect(repositoryFault(name)).toBeUndefined();
  else expect(repositoryFault(name)).toContain(words);
});

const image = (text: string): Image => {
  const parsed = parseImage(text);
  if (parsed.outcome === "malformed") throw new Error(parsed.reason);
  return parsed.image;
};

test("a digest says exactly what is pulled, so it wins over a tag", () => {
  expect(referenceOf(image(`team/app:v1@${digest}`))).toBe(digest);
  expect(referenceOf(image("team/app:v1"))).toBe("v1");
  expect(referenceOf({ registry: null, repository: "team/app", tag: null, digest: null })).toBe("latest");
});

test.each([
  ["team/app:v1", true],
  ["fabrikam.azurecr.io/team/app:v1", true],
  ["FABRIKAM.azurecr.io:443/team/app:v1", true],
  ["fabrikam-d4a1.azurecr.io/team/app:v1", false],
  ["other.azurecr.io/team/app:v1", false],
])("%s is of the registry fabrikam.azurecr.io: %s", (text, isIt) => {
  expect(isOfRegistry(image(text), "Fabrikam.azurecr.io")).toBe(isIt);
});

test.each([
  ["docker.io/library/nginx:1", true],
  ["fabrikam.azurecr.io/docker.io/library/nginx:1", false],
  ["library/nginx.org:1", false],
  ["localhost/team/app:v1", true],
  ["localhosts/app:v1", false],
  ["team/app:v1", false],
])("%s is looked for by nodes in another registry: %s", (text, isForeign) => {
  expect(looksForeign(image(text))).toBe(isForeign);
});

test.each<[string | null, string | null, boolean]>([
  ["team/app:v1", "fabrikam.azurecr.io/team/app:v1", true],
  ["Fabrikam.azurecr.io:443/team/app:v1", "fabrikam.azurecr.io/team/app:v1", true],
  ["fabrikam.azurecr.io/team/app:v1", "contoso.azurecr.io/team/app:v1", false],
  ["team/app:v1", "team/app:v2", false],
  ["team/app:v1", "team/app@sha256:" + "a".repeat(64), false],
  ["team/app:v1", "team/other:v1", false],
  ["team/app:v1", null, false],
  [null, "team/app:v1", false],
  [null, null, true],
  ["no image", "no image", true],
  ["no image", "team/app:v1", false],
  ["team/app:v1", "no image", false],
])("%s and %s ask one registry for the same: %s", (one, other, isSame) => {
  expect(isSameImage(one, other)).toBe(isSame);
});
