import * as fc from "fast-check";
import { holds, redacted } from "../../src/azure/redaction.ts";
import { Secret } from "../../src/domain/secret.ts";

const value = 'canary-"Ab1~/secret &<of> 4711';
const secret = new Secret(value);
const asForm = new URLSearchParams({ v: value }).toString().slice(2);

describe("a secret in a service's words", () => {
  it.each([
    ["as it is", value],
    ["in JSON", JSON.stringify(value)],
    ["in JSON in JSON", JSON.stringify(JSON.stringify({ value }))],
    ["in an address", encodeURIComponent(value)],
    ["in an address, by small letters", encodeURIComponent(value).toLowerCase()],
    ["in a form", asForm],
    [
      "in HTML",
      value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    ],
    ["in base64", Buffer.from(value).toString("base64")],
    ["in base64url", Buffer.from(value).toString("base64url")],
    ["in Basic credentials", Buffer.from(`10000000-0000-4000-8000-000000000001:${value}`).toString("base64")],
    ["in base64 before something else", Buffer.from(`a:${value}:bc`).toString("base64")],
  ])("is found %s", (_name, form) => {
    const text = `The value ${form} is not welcome.`;
    expect(holds(text, secret)).toBe(true);
    const shown = redacted(text, [secret]);
    expect(shown).toContain("[secret]");
    expect(shown).toMatch(/^The value .* is not welcome\.$/);
    expect(holds(shown, secret)).toBe(false);
  });

  it("is found wherever it stands in base64", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ minLength: 8, maxLength: 60 }), (before, text) => {
        const encoded = Buffer.from(before + text + before).toString("base64");
        expect(holds(encoded, new Secret(text))).toBe(true);
      }),
    );
  });

  it("leaves other words alone", () => {
    expect(redacted("The cluster is stopped.", [secret])).toBe("The cluster is stopped.");
    expect(holds("The cluster is stopped.", secret)).toBe(false);
  });

  it("is not shown when it only looks like one", () => {
    const token = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2lnbmF0dXJl";
    expect(redacted(`Bearer ${token}!`, [])).toBe("Bearer [token]!");
    expect(redacted("secret abc8Q~0123456789012345678901234567890.", [])).toBe("secret [secret]");
  });
});
