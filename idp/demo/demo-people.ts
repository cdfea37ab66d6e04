// The made-up people of the demo, and the file that holds their passphrases for whoever runs it.
import { join } from "node:path";
import { z } from "zod";
import { newPassphrase } from "./passphrase.ts";
import { findSecretFile, writeSecretFile } from "./secret-file.ts";

export interface DemoPerson {
  readonly email: string;
  readonly name: string;
  readonly administrator?: boolean;
  /** Standard claims (OpenID Connect Core §5.1). */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    email: "alice@example.test",
    name: "Alice Moreau",
    claims: {
      given_name: "Alice",
      family_name: "Moreau",
      locale: "en",
      zoneinfo: "Europe/Paris",
      phone_number: "+33 1 99 00 12 34",
      address: { locality: "Nantes", country: "France" },
    },
  },
  {
    email: "bruno@example.test",
    name: "Bruno Keller",
    claims: { given_name: "Bruno", family_name: "Keller", locale: "en", zoneinfo: "Europe/Zurich" },
  },
  {
    email: "ines@example.test",
    name: "Ines Valcour",
    administrator: true,
    claims: { given_name: "Ines", family_name: "Valcour", locale: "en" },
  },
];

export const DemoSignIns = z.object({
  accounts: z.array(
    z.object({
      email: z.string(),
      name: z.string(),
      password: z.string().min(15),
      administrator: z.boolean().optional(),
    }),
  ),
});
export type DemoSignIn = z.output<typeof DemoSignIns>["accounts"][number];

const demoFile = (dataDirectory: string) => join(dataDirectory, "demo.json");

/** The sign-ins that the file holds; none when it is missing. */
export function findDemoSignIns(dataDirectory: string): DemoSignIn[] {
  const text = findSecretFile(demoFile(dataDirectory));
  return text === undefined ? [] : DemoSignIns.parse(JSON.parse(text)).accounts;
}

/**
 * Everybody's sign-in: passphrases that the file has stay, missing ones are made.
 * @returns `isNew` where the passphrase has just been made
 */
export function demoSignIns(
  dataDirectory: string,
): (DemoSignIn & DemoPerson & { isNew: boolean })[] {
  const known = findDemoSignIns(dataDirectory);
  const signIns = DEMO_PEOPLE.map((person) => {
    const password = known.find(({ email }) => email === person.email)?.password;
    return { ...person, password: password ?? newPassphrase(), isNew: password === undefined };
  });
  if (signIns.some(({ isNew }) => isNew)) {
    const accounts = signIns.map(({ email, name, password, administrator }) => ({
      email,
      name,
      password,
      ...(administrator && { administrator }),
    }));
    writeSecretFile(demoFile(dataDirectory), `${JSON.stringify({ accounts }, null, 2)}\n`);
  }
  return signIns;
}
