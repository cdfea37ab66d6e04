import type { KeyView } from "../../../keys/key-view.ts";
import type { ActModel, ConsoleModel } from "./console-model.ts";

declare module "../../http/views.ts" {
  interface Views {
    "admin/revoke": RevokeModel;
  }
}

/** Posts `csrf`, `kid`, `refresh_tokens` (`keep` or `end`) and `reason` to `action`. */
export interface RevokeModel extends ConsoleModel, ActModel {
  /** Those that can be thrown out, what signs first. */
  readonly keys: readonly KeyChoice[];
  /** A second key administrator has to confirm it within so many seconds. */
  readonly confirmWithinSeconds?: number;
  /** By when a site that reaches Signet refuses the key, counted from the act. */
  readonly inTouchSeconds: number;
  readonly longestReason: number;
  /** What was chosen and typed before; nothing is chosen for anybody. */
  readonly kid?: string | undefined;
  readonly refreshTokens?: "keep" | "end" | undefined;
  readonly reason?: string | undefined;
  readonly problems: RevokeProblems;
}

export interface KeyChoice {
  readonly key: KeyView;
  /** What becomes of its place. */
  readonly consequence: string;
}

/** What is missing, one sentence per field. */
export interface RevokeProblems {
  readonly kid?: string;
  readonly refreshTokens?: string;
  readonly reason?: string;
}
