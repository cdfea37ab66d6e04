// The settings as the README's Markdown table. `tsx idp/settings-table.ts` prints it; a test holds
// the README to it.
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { Settings } from "./settings.ts";

const Note = z.object({ description: z.string(), fallback: z.string() });

/** One row per setting, in the order of the schema. */
export function settingsTable(): string {
  const rows = Object.entries(Settings.shape).map(([name, schema]) => {
    const { description, fallback } = Note.parse(schema.meta());
    return `| \`${name}\` | ${fallback} | ${description} |`;
  });
  return ["| setting | default | what it does |", "|---|---|---|", ...rows].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(`${settingsTable()}\n`);
