// The console with everybody who comes to its door: who looks after Signet, who looks after the keys,
// who does both, and who does neither.
import { type Answer, aVisitor, type Form, type Visitor } from "../../../support/a-visitor.ts";
import {
  anIdp,
  aPerson,
  type IdpOptions,
  type Person,
  type TestIdp,
} from "../../../support/an-idp.ts";
import { type AKit, aKit, verifying } from "../../sending/a-kit.ts";

export interface People {
  /** Looks after Signet, and after the keys. */
  readonly ines: Person;
  /** Looks after the keys alone. */
  readonly bruno: Person;
  /** Looks after Signet, and not after the keys. */
  readonly olga: Person;
  /** Nobody in particular. */
  readonly alice: Person;
}

export interface Console extends People {
  readonly idp: TestIdp;
  /** Where sites of the test hear of keys. */
  readonly kit: AKit;
  readonly keysUrl: string;
}

export async function aConsole({
  environment = {},
  ...options
}: IdpOptions = {}): Promise<Console> {
  const idp = await anIdp({
    ...options,
    environment: { OUTBOUND_ALLOW: "127.0.0.0/8", KEY_CHANGES_PER_DAY: "1000", ...environment },
  });
  return {
    idp,
    kit: await aKit(verifying),
    keysUrl: `${idp.config.adminOrigin}/admin/keys`,
    ines: await aPerson(idp, {
      email: "ines@example.test",
      name: "Ines Valcour",
      isAdmin: true,
      isKeyAdmin: true,
    }),
    bruno: await aPerson(idp, {
      email: "bruno@example.test",
      name: "Bruno Keller",
      isKeyAdmin: true,
    }),
    olga: await aPerson(idp, { email: "olga@example.test", name: "Olga Brandt", isAdmin: true }),
    alice: await aPerson(idp),
  };
}

export const hasPassword = ({ fields }: Form): boolean => "password" in fields;
export const formFor =
  (act: string) =>
  ({ action }: Form): boolean =>
    new URL(action).pathname.endsWith(act);

/** Types the password on the sign-in page and follows where it leads. */
export async function signInOn(
  visitor: Visitor,
  login: Answer,
  { email, password }: Person,
): Promise<Answer> {
  const signedIn = await visitor.submit(login, { email, password }, hasPassword);
  return visitor.follow(signedIn.location ?? "");
}

/** Goes to an address of the console and signs in on the way. */
export async function enter(visitor: Visitor, person: Person, at: string): Promise<Answer> {
  return signInOn(visitor, await visitor.follow(at), person);
}

/** Somebody who has just signed in, on the page about keys. */
export async function someoneAt(
  { keysUrl }: Pick<Console, "keysUrl">,
  person: Person,
  at = keysUrl,
): Promise<{ visitor: Visitor; page: Answer }> {
  const visitor = aVisitor();
  return { visitor, page: await enter(visitor, person, at) };
}

/** Presses a button and follows where it leads. */
export async function press(
  visitor: Visitor,
  page: Answer,
  act: string,
  fields: Record<string, string> = {},
): Promise<Answer> {
  const answer = await visitor.submit(page, fields, formFor(act));
  return answer.location === undefined ? answer : visitor.follow(answer.location);
}
