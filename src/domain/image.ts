/** `repository:tag` or `repository@sha256:...`, as in `docker pull`, without the registry. */
export type Image = { readonly repository: string; readonly reference: string };

const repository = "[a-z0-9]+(?:[._/-]+[a-z0-9]+)*";
const imagePattern = new RegExp(`^(${repository})(?::([\\w][\\w.-]{0,127})|@(sha256:[0-9a-f]{64}))$`);
export const repositoryPattern = new RegExp(`^${repository}$`);

/** undefined when the text is not an image name; the tag or digest must be there. */
export function parseImage(text: string): Image | undefined {
  const match = imagePattern.exec(text);
  const [, name, tag, digest] = match ?? [];
  const reference = tag ?? digest;
  return name && reference ? { repository: name, reference } : undefined;
}
