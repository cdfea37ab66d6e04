import type { DemoSignIn } from "./demo-people.ts";
import type { DemoSettings } from "./demo-settings.ts";

export interface BannerOptions {
  settings: DemoSettings;
  signIns: readonly DemoSignIn[];
  tookSeconds: number;
  isColourful: boolean;
}

/** What `npm start` says once everything answers: where to go, as whom, and what to try. */
export function banner({ settings, signIns, tookSeconds, isColourful }: BannerOptions): string {
  const ink = (code: string, text: string) =>
    isColourful ? `\u001b[${code}m${text}\u001b[0m` : text;
  const [bold, soft, wax] = ["1", "2", "31"].map((code) => (text: string) => ink(code, text)) as [
    Ink,
    Ink,
    Ink,
  ];
  const { bank, retirement, idp } = settings;
  const first = signIns.find(({ administrator }) => !administrator);
  const administrator = signIns.find((person) => person.administrator);
  const given = (person: DemoSignIn | undefined) => person?.name.split(" ")[0] ?? "anyone";

  return [
    "",
    `  ${wax("◉")} ${bold("Signet is running")}  ${soft(`ready in ${tookSeconds.toFixed(1)} s`)}`,
    "",
    ...[bank, retirement, idp].map(
      ({ label, address }) => `    ${label.padEnd(22)}${bold(address)}`,
    ),
    "",
    ...signIns.map((person) => {
      const role = person.administrator ? soft("  administrator") : "";
      return `    ${person.name.padEnd(22)}${person.email.padEnd(21)}${bold(person.password)}${role}`;
    }),
    "",
    `    Sign in at the bank as ${given(first)}, then open Evergreen: you are already signed in.`,
    `    Rotate the signing key as ${given(administrator)}: ${bold(`${idp.address}/admin`)}`,
    `    From a terminal: ${bold("npm run --silent signet -- keys list")}`,
    "",
    soft("    Ctrl-C stops all three. Everything is kept for the next start."),
    "",
    "",
  ].join("\n");
}

type Ink = (text: string) => string;
