/**
 * A browser that comes with a `request_uri` (RFC 9126 §4): the request is the one its client pushed, and
 * whatever else stands in the address is not looked at.
 */
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { takeParameters } from "../../protocol/parameters.ts";
import type { Client } from "../../records/clients/client.ts";
import type { PushedRequestStore } from "../../records/interactions/pushed-request-store.ts";
import {
  keptAuthorization,
  type WaitingAuthorization,
} from "../../records/interactions/waiting-authorization.ts";
import { pushedRequestGone } from "./request-problems.ts";
import type { Parameters } from "./verify-sender.ts";

/** RFC 9126 §2.2: what a reference looks like on the wire. */
const URN = "urn:ietf:params:oauth:request_uri:";

export const requestUriOf = (reference: string): string => URN + reference;

export interface PushedRequestDeps {
  clients: { find(id: string): Promise<Client | undefined> };
  pushedRequests: Pick<PushedRequestStore, "take">;
  clock: Clock;
}

const Reference = z.object({ client_id: z.string(), request_uri: z.string() });

/** Whether this names a request that was pushed; any other `request_uri` is somebody's own address. */
export const isPushed = (parameters: Parameters): boolean =>
  parameters.get("request_uri")?.some((uri) => uri.startsWith(URN)) ?? false;

/** @throws PageProblem: without the request there is nowhere else that the problem could be told */
export async function takePushedRequest(
  parameters: Parameters,
  { clients, pushedRequests, clock }: PushedRequestDeps,
): Promise<WaitingAuthorization> {
  const { client_id: clientId, request_uri: requestUri } = takeParameters(parameters, Reference);
  const reference = requestUri.slice(URN.length);
  const request = await pushedRequests.take(reference, clientId, clock.now());
  const asked = request && (await keptAuthorization(request, clients));
  if (!asked) throw pushedRequestGone();
  return asked;
}
