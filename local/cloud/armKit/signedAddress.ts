import { createHash } from "node:crypto";

/** The version in which Azure's own operation addresses are asked for, whatever the caller's version was. */
export const operationVersion = "2016-03-30";

/** Between 3,000 and 4,000 characters are seen in life; nothing but the operation's id is ever looked at. */
const signatureLength = 342;
const certificateLength = 2_660;

/** An address to follow an operation at, with the signature that Azure appends: `t`, `c`, `s` and `h`. */
export function signedAddress(address: string, now: number, version: string = operationVersion): string {
  const parts = new URLSearchParams({
    "api-version": version,
    t: String(621_355_968_000_000_000n + BigInt(Math.floor(now)) * 10_000n),
    c: noise(`certificate ${address}`, certificateLength),
    s: noise(`signature ${address}`, signatureLength),
    h: noise(`hash ${address}`, 43),
  });
  return `${address}?${parts.toString()}`;
}

function noise(text: string, length: number): string {
  let made = "";
  for (let index = 0; made.length < length; index += 1)
    made += createHash("sha512").update(`${text} ${index}`).digest("base64url");
  return made.slice(0, length);
}
