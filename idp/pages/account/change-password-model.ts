import type { PersonView } from "../../http/views.ts";
import type { AccountForm } from "./account-model.ts";

declare module "../../http/views.ts" {
  interface Views {
    "account/change-password": ChangePasswordModel;
  }
}

export type ChangePasswordProblem =
  /** A whole kind sentence by its field. */
  | {
      readonly kind: "field";
      readonly field: "current" | "password" | "repeat";
      readonly sentence: string;
    }
  | { readonly kind: "throttled"; readonly seconds: number }
  /** Hashing is at its limit; nothing was counted against anybody. */
  | { readonly kind: "busy"; readonly seconds: number };

/** Posts `current`, `password`, `repeat` and `csrf` to `action`. */
export interface ChangePasswordModel extends AccountForm {
  readonly person: PersonView;
  readonly minimumLength: number;
  readonly problem?: ChangePasswordProblem | undefined;
}
