import type { PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    account: AccountModel;
  }
}

/** Posts `csrf` to `action`. */
export interface AccountForm {
  readonly action: string;
  readonly csrf: string;
}

/** One place where the person is signed in. */
export interface SessionRow {
  /** In words: "Firefox on macOS". */
  readonly device: string;
  readonly isHere: boolean;
  /** The account had not signed in from there before, and it is not here. */
  readonly isOdd: boolean;
  /** By name, in the order in which it came there. */
  readonly sites: readonly string[];
  readonly signedInAt: Date;
  readonly lastSeenAt: Date;
  /** Absent here, where signing out has a page and a receipt of its own. */
  readonly end?: AccountForm | undefined;
  /** Where "This wasn't me" is asked; absent here. */
  readonly notMe?: string | undefined;
}

/** A site that holds something of the person's, or would be given it again without asking. */
export interface AppRow {
  readonly site: SiteView;
  /** Where it begins a sign-in, absolute; absent when it does not say. */
  readonly open?: string | undefined;
  /** Run by the same company as Signet. */
  readonly isOwn: boolean;
  /** What it may know of the person, in words; empty when nothing. */
  readonly may: string;
  /** What it may do with what sites keep for them, which weighs more. */
  readonly mayUse: string;
  readonly since: Date;
  readonly lastUsedAt?: Date | undefined;
  readonly isLive: boolean;
  /** Until when it may go on while the person is away. */
  readonly offlineUntil?: Date | undefined;
  readonly takeBack: AccountForm;
}

export interface AccountModel {
  readonly person: PersonView;
  readonly now: Date;
  /** What has just been done here; the page shows what is left. */
  readonly done?: "ended" | "password" | undefined;
  readonly count: number;
  readonly oddCount: number;
  readonly sessions: readonly SessionRow[];
  readonly apps: readonly AppRow[];
  /** Further pages of apps, where there are many. */
  readonly earlierApps?: string | undefined;
  readonly laterApps?: string | undefined;
  /** Absent where there is nothing else. */
  readonly elsewhere?: AccountForm | undefined;
  readonly everywhere: AccountForm;
  readonly password: string;
  readonly passSeconds: number;
}
