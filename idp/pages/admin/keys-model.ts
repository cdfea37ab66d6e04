import type { KeyView } from "../../../keys/key-view.ts";
import type { ActModel, ConsoleModel, Notice } from "./console-model.ts";
import type { HistoryEntry } from "./key-history.ts";
import type { KeysPicture } from "./key-picture.ts";
import type { PictureSpan } from "./picture-axis.ts";
import type { RotateStanding } from "./rotate-standing.ts";
import type { ReadyModel } from "./site-rows.ts";
import type { WaitingRevocation } from "./waiting-revocations.ts";

declare module "../../http/views.ts" {
  interface Views {
    "admin/keys": KeysModel;
  }
}

export interface KeysModel extends ConsoleModel {
  /** Those that are news, the newest of the rest, and how many more there were. */
  readonly keys: readonly KeyView[];
  readonly olderKeys: number;
  readonly picture: KeysPicture;
  /** How far the picture looks. */
  readonly span: PictureSpan;
  /** When the next rotation happens by itself; absent: never. */
  readonly scheduledAt?: Date | undefined;
  readonly notice?: Notice | undefined;
  readonly warnings: readonly Notice[];
  readonly waiting: readonly WaitingRevocation[];
  readonly ready: ReadyModel;
  readonly acts: ActsModel;
  readonly history: readonly HistoryEntry[];
}

export interface ActsModel {
  /** Who only looks after Signet sees why the buttons are not theirs. */
  readonly mayAct: boolean;
  /** The password was given too long ago: the buttons ask for it first. */
  readonly needsFreshSignIn: boolean;
  /** Posts `csrf` and perhaps `reason`. The standing is known before anybody presses the button. */
  readonly rotate: ActModel & { readonly standing: RotateStanding };
  readonly drill: ActModel & {
    /** How many sites can be asked. */
    readonly sites: number;
  };
  /** The page with the form. */
  readonly revoke: string;
  /** It takes two people. */
  readonly revokeByTwo: boolean;
  readonly changesToday: number;
  readonly changesPerDay: number;
}
