// What every page of the console is given.

/** A notice beside what it speaks of; the alert partial draws it. */
export interface Notice {
  readonly tone: "good" | "wait" | "bad";
  readonly title: string;
  readonly text: string;
}

export interface ConsoleModel {
  /** The issuer, where the console is not on its origin: Signet's other pages are there. */
  readonly issuer?: string | undefined;
  readonly person: { readonly name: string; readonly role: string };
  readonly now: Date;
}

/** A form of one button. */
export interface ActModel {
  readonly action: string;
  readonly csrf: string;
}
