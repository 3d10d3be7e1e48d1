/** The key of an object that is a name in other letters: .NET compares those of settings without case. */
export function keyLike(values: object, name: string): string | undefined {
  return Object.keys(values).find((key) => key.toLowerCase() === name.toLowerCase());
}

/** Text in which `%NAME%` stands for a setting; `missing` makes the error of one that is not there, as it is written. */
export function withSettings(
  text: string,
  settings: Readonly<Record<string, string | undefined>>,
  missing: (name: string) => Error,
): string {
  return text.replace(/%([^%]+)%/g, (_whole, name: string) => {
    const key = keyLike(settings, name);
    const value = key === undefined ? undefined : settings[key];
    if (value === undefined) throw missing(name);
    return value;
  });
}
