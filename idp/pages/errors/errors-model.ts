import type { ErrorGuide } from "../../protocol/error-guide.ts";

declare module "../../http/views.ts" {
  interface Views {
    errors: ErrorsModel;
  }
}

export interface ErrorsModel {
  readonly issuerHost: string;
  readonly errors: readonly ExplainedError[];
}

export interface ExplainedError extends Omit<ErrorGuide, "change"> {
  readonly code: string;
  /** Each a sentence, in parts. */
  readonly change: readonly (readonly SentencePart[])[];
}

export interface SentencePart {
  readonly text: string;
  /** To be typed as it stands. */
  readonly isCode: boolean;
}
