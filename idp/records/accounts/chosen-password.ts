import { checkNewPassword } from "./password-policy.ts";

export interface ChosenPasswordProblem {
  readonly field: "password" | "repeat";
  /** In words for the person. */
  readonly sentence: string;
}

/** A new password as it was typed, twice: what is wrong with it, or the password. */
export function readChosenPassword(
  { password, repeat }: { password?: string | undefined; repeat?: string | undefined },
  person: { email: string; name: string },
): { problem: ChosenPasswordProblem } | { problem?: never; password: string } {
  if (password === undefined) {
    return { problem: { field: "password", sentence: "Choose a password." } };
  }
  const sentence = checkNewPassword(password, person);
  if (sentence !== undefined) return { problem: { field: "password", sentence } };
  if (password !== repeat) {
    return { problem: { field: "repeat", sentence: "The two are not the same." } };
  }
  return { password };
}
