// One line of a statement, and the words for what money is for.
import type { Day } from "../../relying-party/words/calendar.ts";

export type Purpose =
  | "Salary"
  | "Interest"
  | "Home"
  | "Saving"
  | "Groceries"
  | "Eating out"
  | "Travel"
  | "Leisure"
  | "Health"
  | "Clothes"
  | "Transfers";

/** A card payment is pending on the day it is made. `own` moves money between a person's own accounts. */
export type MovementKind = "card" | "debit" | "credit" | "own" | "transfer";

export interface Movement {
  readonly day: Day;
  readonly party: string;
  readonly purpose: Purpose;
  /** Positive came in, negative went out. */
  readonly cents: number;
  readonly kind: MovementKind;
  /** What the sender wrote. */
  readonly reference?: string;
}

export const sumOf = (movements: readonly Movement[]): number =>
  movements.reduce((sum, { cents }) => sum + cents, 0);
