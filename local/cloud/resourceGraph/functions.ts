import { boolOf, isObject, numberOf, textOf, type Value } from "./values.ts";

interface Scalar {
  readonly least: number;
  readonly most: number;
  call(...values: readonly Value[]): Value;
}

const none: Value = null;
const at = (values: readonly Value[], index: number): Value => values[index] ?? none;
const isEmpty = (value: Value): boolean => textOf(value) === "";
const one = (call: (value: Value) => Value): Scalar => ({
  least: 1,
  most: 1,
  call: (...values) => call(at(values, 0)),
});
const choose: Scalar = {
  least: 3,
  most: 3,
  call: (...values) => (boolOf(at(values, 0)) === true ? at(values, 1) : at(values, 2)),
};
const whole = one((value) => {
  const number = numberOf(value);
  return number === null ? null : Math.trunc(number);
});

/** The functions offered, in lower case as Kusto spells them. */
export const functions: Readonly<Record<string, Scalar>> = {
  iff: choose,
  iif: choose,
  case: { least: 3, most: 63, call: caseOf },
  isempty: one(isEmpty),
  isnotempty: one((value) => !isEmpty(value)),
  isnull: one((value) => value === null),
  isnotnull: one((value) => value !== null),
  tostring: one(textOf),
  tobool: one(boolOf),
  toint: whole,
  tolong: whole,
  todouble: one(numberOf),
  tolower: one((value) => textOf(value).toLowerCase()),
  toupper: one((value) => textOf(value).toUpperCase()),
  not: one((value) => boolOf(value) !== true),
  strlen: one((value) => textOf(value).length),
  array_length: one((value) => (Array.isArray(value) ? value.length : null)),
  bag_keys: one((value) => (isObject(value) ? Object.keys(value) : null)),
  coalesce: { least: 1, most: 63, call: (...values) => values.find((value) => !isEmpty(value)) ?? null },
  strcat: { least: 1, most: 63, call: (...values) => values.map(textOf).join("") },
  split: { least: 2, most: 2, call: (...values) => textOf(at(values, 0)).split(textOf(at(values, 1))) },
};

function caseOf(...values: readonly Value[]): Value {
  for (let index = 0; index + 1 < values.length; index += 2)
    if (boolOf(at(values, index)) === true) return at(values, index + 1);
  return at(values, values.length - 1);
}
