import type { ErrorGuide } from "../../protocol/error-guide.ts";

declare module "../../http/views.ts" {
  interface Views {
    errors: ErrorsModel;
  }
}

export interface ErrorsModel {
  readonly issuerHost: string;
  readonly errors: readonly ({ readonly code: string } & ErrorGuide)[];
}
