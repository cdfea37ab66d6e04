// Who saves here, made from issuer and subject (never the e-mail).
import { type Day, yearOf } from "../../relying-party/words/calendar.ts";
import { type PersonKey, type WorkingLife, workingLife } from "../../sample-life/working-life.ts";

const PENSION_AGE = 67;

export interface Member {
  readonly key: PersonKey;
  readonly life: WorkingLife;
  readonly pensionAge: number;
  readonly pensionYear: number;
}

export function memberFor(key: PersonKey): Member {
  const life = workingLife(key);
  return { key, life, pensionAge: PENSION_AGE, pensionYear: life.bornIn + PENSION_AGE };
}

/** In whole years; a plan never looks less than one year ahead. */
export const yearsToPension = ({ pensionYear }: Member, today: Day): number =>
  Math.max(1, pensionYear - yearOf(today));

export const ageOf = (member: Member, today: Day): number =>
  member.pensionAge - yearsToPension(member, today);
