// The Foundation's plans, each with its modules in the Foundation's order and by its names.
import { basic } from "./modules/basic.ts";
import { config, dynamic } from "./modules/dynamic.ts";
import { backChannelLogout, frontChannelLogout, rpInitiatedLogout } from "./modules/logout.ts";
import type { Modules } from "./modules/modules.ts";
import { thirdPartyLogin } from "./modules/third-party-login.ts";

export interface Plan {
  readonly name: string;
  readonly modules: Modules;
  /** Whether the plan is run with form_post as well. */
  readonly formPost?: boolean;
}

export const PLANS: readonly Plan[] = [
  { name: "Basic OP", modules: basic, formPost: true },
  { name: "Config OP", modules: config },
  { name: "Dynamic OP", modules: dynamic },
  { name: "RP-Initiated Logout OP", modules: rpInitiatedLogout },
  { name: "Back-Channel Logout OP", modules: backChannelLogout },
  { name: "Front-Channel Logout OP", modules: frontChannelLogout },
  { name: "3rd-party-initiated login OP", modules: thirdPartyLogin },
];
