// What the command says: text for people in columns, or JSON for programs.

export interface Output {
  /** One answer: as JSON when asked for, else as these lines. */
  say(answer: unknown, lines: readonly string[]): void;
  /** Something that has just happened, while more is waited for: for people alone. */
  tell(line: string): void;
}

export const output = (write: (text: string) => void, isJson: () => boolean): Output => ({
  say(answer, lines) {
    write(
      isJson()
        ? `${JSON.stringify(answer, null, 2)}\n`
        : lines.map((line) => `${printable(line)}\n`).join(""),
    );
  },
  tell(line) {
    if (!isJson()) write(`${printable(line)}\n`);
  },
});

/** Columns as wide as their widest cell. Control characters are shown, never obeyed. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = shown.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)),
    [],
  );
  return shown.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

export const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  empty: string,
) => (rows.length === 0 ? [empty] : columns([head, ...rows]));

const printable = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "�");

/** Names and values, the names aligned; values that are absent are left out. */
export const facts = (values: Readonly<Record<string, string | undefined>>) =>
  columns(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
