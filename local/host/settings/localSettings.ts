import { HostError } from "../errors.ts";
import { isObject, type Json } from "./json.ts";
import { tracked } from "./tracked.ts";

/** What local.settings.json gives an app on a developer's machine, as the Core Tools read it. */
export interface LocalSettings {
  /** `Values`, and `ConnectionStrings` under the names the Core Tools give them. */
  readonly values: Readonly<Record<string, string>>;
  /** `Host.LocalHttpPort` */
  readonly port: number | undefined;
  /** Paths of what nobody reads here. */
  readonly unread: readonly string[];
}

export function readLocalSettings(json: Json): LocalSettings {
  const settings = tracked(json, "local.settings.json");
  if (settings.flag("IsEncrypted"))
    throw new HostError(
      `local.settings.json: "IsEncrypted" is true: its values cannot be read here; decrypt it with "func settings decrypt"`,
    );
  const values = { ...connectionStrings(settings.object("ConnectionStrings")), ...texts(settings.object("Values")) };
  return { values, port: settings.number("Host.LocalHttpPort", 0), unread: settings.unread() };
}

function texts(values: Json = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

/** Each a text, or an object with its provider. */
function connectionStrings(values: Json = {}): Record<string, string> {
  const entries = Object.entries(values).map(([name, value]): Json => {
    const key = `ConnectionStrings:${name}`;
    if (!isObject(value)) return { [key]: value };
    const { ConnectionString: text = "", ProviderName: provider } = value;
    return { [key]: text, ...(provider === undefined ? {} : { [`${key}_ProviderName`]: provider }) };
  });
  return texts(Object.assign({}, ...entries) as Json);
}
