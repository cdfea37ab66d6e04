import type { PersonView } from "../../http/views.ts";
import type { AccountForm } from "./account-model.ts";

declare module "../../http/views.ts" {
  interface Views {
    "account/not-me": NotMeModel;
  }
}

/** The question before everything of a person's ends. Posts `csrf` to `action`. */
export interface NotMeModel extends AccountForm {
  readonly person: PersonView;
  readonly now: Date;
  /** What is not recognized, in words. */
  readonly device: string;
  readonly signedInAt: Date;
  readonly passSeconds: number;
  /** Where "It was me" leads. */
  readonly stay: string;
}
