import { type Database, defineStatement, type SqlValue } from "../../prisma/database.ts";

/**
 * A statement whose parameters have names: `:now` in its text stands wherever `$n` would. Every
 * value goes in by name, so none can slip into another's place.
 */
export function namedStatement<Row, Values extends Readonly<Record<string, SqlValue>>>(
  name: string,
  text: string,
) {
  const order: string[] = [];
  // A cast's double colon is not a parameter.
  const numbered = text.replace(/(?<!:):([a-z]\w*)/gi, (_, parameter: string) => {
    if (!order.includes(parameter)) order.push(parameter);
    return `$${order.indexOf(parameter) + 1}`;
  });
  const statement = defineStatement<Row>(name, numbered);

  return (database: Database, values: Values): Promise<Row[]> =>
    database.sql(
      statement,
      order.map((parameter) => {
        const value = values[parameter];
        if (value === undefined) throw new Error(`${name}: no value for :${parameter}`);
        return value;
      }),
    );
}
