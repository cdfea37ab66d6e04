import type { PersonView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    password: PasswordModel;
  }
}

/** Posts `password`, `repeat` and `csrf` to `action`, the single-use link itself. */
export type PasswordModel =
  | {
      readonly kind: "form";
      readonly issuerHost: string;
      readonly person: PersonView;
      readonly action: string;
      readonly csrf: string;
      readonly minimumLength: number;
      /** A whole kind sentence, as the password policy says it. */
      readonly problem?:
        | { readonly field: "password" | "repeat"; readonly sentence: string }
        | undefined;
    }
  | {
      readonly kind: "done";
      readonly issuerHost: string;
      readonly person: PersonView;
      /** Where to go on from here; a path of ours, best one that asks for the new password. */
      readonly signIn: string;
    };
