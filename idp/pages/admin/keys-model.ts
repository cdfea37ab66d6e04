import type { KeyView } from "../../../keys/key-view.ts";
import type { KeysPicture } from "./key-picture.ts";

declare module "../../http/views.ts" {
  interface Views {
    "admin/keys": KeysModel;
  }
}

/** Posts `csrf` to `rotate.action`. `keysPicture(keys, now)` of key-picture.ts draws `picture`. */
export interface KeysModel {
  /** The issuer, where the console is not on its origin: Signet's other pages are there. */
  readonly issuer?: string | undefined;
  readonly person: { readonly name: string };
  readonly now: Date;
  readonly keys: readonly KeyView[];
  readonly picture: KeysPicture;
  readonly rotate: {
    readonly action: string;
    readonly csrf: string;
    /** Why not yet; known before anybody presses the button. */
    readonly refusal?: { readonly reason: string; readonly safeFrom: Date } | undefined;
    /** The password was given too long ago for this act: the button asks for it first. */
    readonly needsFreshSignIn: boolean;
  };
  /** Said once, after the act. */
  readonly notice?:
    | { readonly kind: "rotated"; readonly activated: string; readonly published: string }
    | { readonly kind: "lost-race" }
    | undefined;
}
