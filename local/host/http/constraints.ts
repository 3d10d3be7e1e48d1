type Test = (value: string) => boolean;

const integer = (from: bigint, to: bigint): Test => {
  return (value) => /^[+-]?\d+$/.test(value) && BigInt(value) >= from && BigInt(value) <= to;
};
const long = integer(-(2n ** 63n), 2n ** 63n - 1n);
const real: Test = (value) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);

/** Inline route constraints, `int` or `range(5,10)`; values are compared as text, never converted. Undefined for an unknown one. */
export function constraint(name: string, argument: string): Test | undefined {
  const [first = 0, second = first] = argument.split(",").map(Number);
  switch (name.toLowerCase()) {
    case "int":
      return integer(-(2n ** 31n), 2n ** 31n - 1n);
    case "long":
      return long;
    case "bool":
      return (value) => /^(true|false)$/i.test(value);
    case "datetime":
      return (value) => !Number.isNaN(Date.parse(value));
    case "decimal":
      return (value) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value);
    case "double":
    case "float":
      return real;
    case "guid":
      return (value) => /^[({]?[0-9a-f]{8}(-?)([0-9a-f]{4}\1){3}[0-9a-f]{12}[)}]?$/i.test(value);
    case "minlength":
      return (value) => value.length >= first;
    case "maxlength":
      return (value) => value.length <= first;
    case "length":
      return (value) => value.length >= first && value.length <= second;
    case "min":
      return (value) => long(value) && Number(value) >= first;
    case "max":
      return (value) => long(value) && Number(value) <= first;
    case "range":
      return (value) => long(value) && Number(value) >= first && Number(value) <= second;
    case "alpha":
      return (value) => /^[a-z]*$/i.test(value);
    case "required":
      return (value) => value !== "";
    case "regex": {
      const pattern = new RegExp(argument.replaceAll("{{", "{").replaceAll("}}", "}"), "i");
      return (value) => pattern.test(value);
    }
    default:
      return undefined;
  }
}
