// One of our statements on one connection of pg. pg's own query asks the server at every execution what the rows
// look like and makes their readers anew; a prepared statement's rows never change (PostgreSQL refuses that), so
// here both are done once for each connection. Measured, it is half of what a statement costs us (bench/).
import pg from "pg";
import type { SqlValue } from "./driver.ts";

type Row = Record<string, unknown>;
type Read = (text: string) => unknown;
type ReadRow = (fields: readonly (string | null)[]) => Row;

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** What pg's connection has beside what its types tell. */
interface Connection extends pg.Connection {
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
}

/** By the connection and then the statement's name. */
const known = new WeakMap<pg.Connection, Map<string, ReadRow>>();

export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** A network that swallows packets never errors; this ends the wait. */
  readonly timeoutMs: number;
}

/** @throws what PostgreSQL says, or that it says nothing */
export const runPrepared = (client: pg.ClientBase, statement: PreparedStatement): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    client.query(
      new PreparedQuery(statement, (error, rows) => (error ? reject(error) : resolve(rows ?? []))),
    );
  });

/** As pg's client handles whatever it is given to submit; the names are pg's. */
class PreparedQuery implements pg.Submittable {
  readonly name: string;
  readonly text: string;
  readonly query_timeout: number;
  /** pg puts its timer around it. */
  callback: (error: Error | null, rows?: Row[]) => void;
  readonly #values: readonly SqlValue[];
  readonly #rows: Row[] = [];
  #readers = new Map<string, ReadRow>();
  #readRow: ReadRow | undefined;

  constructor(statement: PreparedStatement, callback: PreparedQuery["callback"]) {
    this.name = statement.name;
    this.text = statement.text;
    this.query_timeout = statement.timeoutMs;
    this.#values = statement.values;
    this.callback = callback;
  }

  submit(connection: pg.Connection): void {
    const { name, text } = this;
    const { parsedStatements, submittedNamedStatements } = connection as Connection;
    const readers = known.get(connection) ?? new Map<string, ReadRow>();
    known.set(connection, readers);
    this.#readers = readers;
    this.#readRow = readers.get(name);
    // One write for all of it.
    connection.stream.cork();
    if (parsedStatements[name] === undefined && submittedNamedStatements[name] === undefined) {
      connection.parse({ name, text, types: [] }, true);
      submittedNamedStatements[name] = text;
    }
    connection.bind({ statement: name, values: this.#values.map(asText) }, true);
    if (this.#readRow === undefined) connection.describe({ type: "P", name: "" }, true);
    connection.execute(null, true);
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#readRow = rowReader(fields);
    this.#readers.set(this.name, this.#readRow);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#readRow) this.#rows.push(this.#readRow(fields));
  }

  handleCommandComplete(): void {
    // It returns no rows, and never will.
    if (this.#readRow === undefined) this.#readers.set(this.name, () => ({}));
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#rows);
  }
}

// ── Rows ────────────────────────────────────────────────────────────────────────────────────────

function rowReader(fields: readonly Field[]): ReadRow {
  const columns = fields.map(({ name, dataTypeID }) => ({ name, read: readerOf(dataTypeID) }));
  return (texts) => {
    const row: Row = {};
    columns.forEach(({ name, read }, at) => {
      const text = texts[at];
      row[name] = text === null || text === undefined ? null : read(text);
    });
    return row;
  };
}

const INT8 = 20;
const TEXT = 25;
const TIMESTAMPTZ = 1184;

function readerOf(dataTypeID: number): Read {
  if (dataTypeID === TEXT) return (text) => text;
  if (dataTypeID === INT8) return Number;
  if (dataTypeID === TIMESTAMPTZ) return readTime;
  return pg.types.getTypeParser(dataTypeID) as Read;
}

/** The types of a query that goes the usual way, so that both ways give the same. */
export const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig;

const readAnyTime = pg.types.getTypeParser(TIMESTAMPTZ) as Read;

/** `2026-03-01 12:00:00.123+00`: the session is in UTC. Whatever else a time may look like is pg's to read. */
function readTime(text: string): unknown {
  if (!text.endsWith("+00") || text[10] !== " ") return readAnyTime(text);
  const time = new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
  return Number.isNaN(time.getTime()) ? readAnyTime(text) : time;
}

// ── Values ──────────────────────────────────────────────────────────────────────────────────────

/** As PostgreSQL reads it. pg itself writes a Date field by field, in the machine's zone. */
function asText(value: SqlValue): string | null {
  if (typeof value === "string" || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") return `{${value.map(quoted).join(",")}}`;
  return String(value);
}

/** An element of an array, in quotes whatever it is (PostgreSQL, "Array Input and Output Syntax"). */
const quoted = (element: string): string => `"${element.replace(/["\\]/g, "\\$&")}"`;
