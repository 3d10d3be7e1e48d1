import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export interface Content {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits, of the bytes. */
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A real image: config, one layer, and the manifest that names both. */
export interface Image {
  readonly manifest: Content;
  readonly blobs: readonly Content[];
}

export const ociManifest = "application/vnd.oci.image.manifest.v1+json";

/** The same bytes for the same names, on every machine. Source: github.com/opencontainers/image-spec */
export function makeImage(registry: string, repository: string, tag: string): Image {
  const text = `${registry}/${repository}:${tag}\n`;
  const archive = tar("image.txt", Buffer.from(text));
  const layer = content("application/vnd.oci.image.layer.v1.tar+gzip", gzip(archive));
  const config = content(
    "application/vnd.oci.image.config.v1+json",
    json({
      created: "2026-01-01T00:00:00Z",
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/image.txt"] },
      rootfs: { type: "layers", diff_ids: [digestOf(archive)] },
      history: [{ created: "2026-01-01T00:00:00Z", created_by: "COPY image.txt / # buildkit" }],
    }),
  );
  const manifest = content(
    ociManifest,
    json({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: descriptor(config),
      layers: [descriptor(layer)],
      annotations: { "org.opencontainers.image.ref.name": tag },
    }),
  );
  return { manifest, blobs: [config, layer] };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function content(mediaType: string, bytes: Buffer): Content {
  return { mediaType, bytes, digest: digestOf(bytes) };
}

function descriptor({ mediaType, digest, bytes }: Content): object {
  return { mediaType, digest, size: bytes.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Byte 9 of the header names the operating system: "unknown", so that it is the same everywhere. */
function gzip(bytes: Buffer): Buffer {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 0xff;
  return packed;
}

/** One file in POSIX ustar form: a header of 512 bytes, the text padded to 512, two empty blocks. */
function tar(name: string, text: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(text.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((512 - (text.length % 512)) % 512);
  return Buffer.concat([header, text, padding, Buffer.alloc(1024)]);
}

/** What a manifest (or a list of manifests) names; undefined for anything else. */
export function digestsIn(bytes: Buffer): readonly string[] | undefined {
  try {
    const { schemaVersion, config, layers, manifests: listed } = JSON.parse(bytes.toString("utf8")) as Manifest;
    if (schemaVersion !== 2) return undefined;
    const parts = listed ?? [config, ...(layers ?? [])];
    return parts.map((part) => String(part?.digest));
  } catch {
    return undefined; // Not JSON: no manifest.
  }
}

type Part = { readonly digest?: unknown } | undefined;
interface Manifest {
  readonly schemaVersion?: unknown;
  readonly config?: Part;
  readonly layers?: readonly Part[];
  readonly manifests?: readonly Part[];
}
