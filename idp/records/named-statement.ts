import type { SqlValue } from "../../prisma/driver.ts";

/** A statement for `Database.sql`, and its values put in order. */
export interface NamedStatement<Row, Values> {
  readonly name: string;
  readonly text: string;
  readonly row?: Row;
  values(values: Values): SqlValue[];
}

/**
 * A statement whose parameters have names: `:now` in its text stands wherever `$n` would. Every
 * value goes in by name, so that among twenty none slips into another's place.
 */
export function namedStatement<Row, Values extends Readonly<Record<string, SqlValue>>>(
  name: string,
  text: string,
): NamedStatement<Row, Values> {
  const order: string[] = [];
  // A cast's double colon is not a parameter.
  const numbered = text.replace(/(?<!:):([a-z]\w*)/gi, (_, parameter: string) => {
    if (!order.includes(parameter)) order.push(parameter);
    return `$${order.indexOf(parameter) + 1}`;
  });

  return {
    name,
    text: numbered,
    values: (values) =>
      order.map((parameter) => {
        const value = values[parameter];
        if (value === undefined) throw new Error(`${name}: no value for :${parameter}`);
        return value;
      }),
  };
}
