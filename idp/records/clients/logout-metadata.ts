import type { ClientPatch } from "./client.ts";

/** How a client hears that a sign-in has ended (OIDC Back-Channel Logout §2.2, Front-Channel Logout §2). */
export interface LogoutMetadata {
  readonly backchannel_logout_uri?: string | null | undefined;
  readonly backchannel_logout_session_required?: boolean | undefined;
  readonly frontchannel_logout_uri?: string | null | undefined;
  readonly frontchannel_logout_session_required?: boolean | undefined;
}

/** The same as our own record has it; what is not said is left out. */
export const logoutColumns = ({
  backchannel_logout_uri: backchannelLogoutUri,
  backchannel_logout_session_required: backchannelLogoutSessionRequired,
  frontchannel_logout_uri: frontchannelLogoutUri,
  frontchannel_logout_session_required: frontchannelLogoutSessionRequired,
}: LogoutMetadata): Pick<
  ClientPatch,
  | "backchannelLogoutUri"
  | "backchannelLogoutSessionRequired"
  | "frontchannelLogoutUri"
  | "frontchannelLogoutSessionRequired"
> => ({
  ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
  ...(backchannelLogoutSessionRequired !== undefined && { backchannelLogoutSessionRequired }),
  ...(frontchannelLogoutUri !== undefined && { frontchannelLogoutUri }),
  ...(frontchannelLogoutSessionRequired !== undefined && { frontchannelLogoutSessionRequired }),
});
