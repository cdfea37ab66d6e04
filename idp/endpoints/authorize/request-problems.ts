/**
 * What a person reads when a site's request cannot be answered anywhere but here: the client is not
 * known, or the place it wants its answer at is not registered. There is never a way on to that place.
 */
import { PageProblem } from "../../http/page-problem.ts";
import { siteView } from "../../http/site-view.ts";
import type { Client } from "../../records/clients/client.ts";

const whatNext = [
  "Go back to the site and try again.",
  "If it happens again, tell the site’s support what is written below.",
];

export const unknownClient = (clientId: string) =>
  new PageProblem({
    status: 400,
    title: "We do not know the site that sent you here",
    explanation: "It is not registered with us, so you cannot sign in to it from here.",
    whatNext,
    errorCode: "invalid_request",
    developerNote: `client_id "${shown(clientId)}" is not registered (RFC 6749 section 4.1.2.1).`,
  });

export const disabledClient = (client: Client) =>
  new PageProblem({
    status: 400,
    title: `${client.name} cannot be used just now`,
    explanation: "Signing in to this site has been switched off.",
    whatNext: ["Ask the site’s support when it will be back."],
    developerNote: `client_id "${shown(client.id)}" is disabled.`,
  });

export const pushedRequestGone = () =>
  new PageProblem({
    status: 400,
    title: "This way in has been used already",
    explanation:
      "The site prepared your visit beforehand, for one time and for a short while. That time is over.",
    whatNext: ["Go back to the site and start again from there."],
    errorCode: "invalid_request",
    developerNote:
      "request_uri is unknown, another client’s, used or expired (RFC 9126 section 4). Push the request again.",
  });

export const unregisteredRedirect = (client: Client, redirectUri: string) => {
  const { home } = siteView(client);
  return new PageProblem({
    status: 400,
    title: "This link leads somewhere we cannot vouch for",
    explanation: `Somebody asked us to send you on as if from ${client.name}, to an address that ${client.name} has not registered with us. To keep your sign-in safe we stopped here.`,
    whatNext,
    errorCode: "invalid_request",
    developerNote: `redirect_uri "${shown(redirectUri)}" is not registered for client_id "${shown(client.id)}". It must match a registered one character by character (RFC 9700 section 2.1).`,
    ...(home === undefined ? {} : { wayBack: { label: `Go to ${client.name}`, href: home } }),
  });
};

/** Enough to recognize, not enough to fill the page. */
function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
