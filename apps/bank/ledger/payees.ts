// Whom a customer can send money to: their other account, their landlord, two people they know.
import { dice } from "../../sample-life/dice.ts";
import type { Customer } from "./customer.ts";

export interface Payee {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly isOwn: boolean;
}

const PEOPLE = [
  "Camille Perrin",
  "Noé Marchand",
  "Inès Fabre",
  "Théo Lambert",
  "Salomé Girard",
  "Malik Benali",
] as const;

export function payeesOf(customer: Customer): readonly Payee[] {
  const { issuer, subject } = customer.key;
  const first = dice("harbour payees", issuer, subject).between(0, PEOPLE.length - 1);
  const known = [...PEOPLE, ...PEOPLE].slice(first, first + 2);
  return [
    {
      id: "rainy-day",
      name: `Rainy day ·${customer.rainyDayNumber}`,
      note: "your own account, at once",
      isOwn: true,
    },
    { id: "landlord", name: customer.landlord, note: "your landlord", isOwn: false },
    ...known.map((name, index) => ({
      id: `person-${index + 1}`,
      name,
      note: "sent to before",
      isOwn: false,
    })),
  ];
}
