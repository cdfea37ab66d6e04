// Everything that is known and can be done, built once over the database, the keys and the clock:
// rings 1 and 2. The doors are opened over it in app.ts.

import { commandSealingKey } from "../keys/command-sealing.ts";
import { createKeyLifecycle, type KeyLifecycle } from "../keys/key-lifecycle.ts";
import { keySeal, type SealingKey } from "../keys/key-seal.ts";
import { localSealingKey } from "../keys/local-sealing.ts";
import type { Clock } from "../prisma/clock.ts";
import type { Database } from "../prisma/database.ts";
import type { Config } from "./config.ts";
import { changePassword } from "./ending/change-password.ts";
import { endAccess } from "./ending/end-access.ts";
import { findKeyRefusals } from "./ending/key-refusals.ts";
import { revokeSigningKey } from "./ending/revoke-signing-key.ts";
import { signOut } from "./ending/sign-out.ts";
import type { Logger } from "./http/logger.ts";
import { ownPageUrl } from "./http/own-pages.ts";
import { accountStore } from "./records/accounts/account-store.ts";
import { authenticatePassword } from "./records/accounts/authenticate.ts";
import { passwordHasher } from "./records/accounts/password-hasher.ts";
import { passwordLinkStore } from "./records/accounts/password-link-store.ts";
import { signInThrottleStore } from "./records/accounts/sign-in-throttle-store.ts";
import { type AuditStore, auditStore, writeAudit } from "./records/audit/audit-store.ts";
import { cleanUpStore } from "./records/clean-up/clean-up-store.ts";
import { authenticateClient } from "./records/clients/authenticate-client.ts";
import { type ClientDirectory, clientDirectory } from "./records/clients/client-directory.ts";
import { clientKeys } from "./records/clients/client-keys.ts";
import { clientStore } from "./records/clients/client-store.ts";
import { initialAccessTokenStore } from "./records/clients/initial-access-token-store.ts";
import { registrationStore } from "./records/clients/registration-store.ts";
import { usedJtiStore } from "./records/clients/used-jti-store.ts";
import { consentStore } from "./records/consents/consent-store.ts";
import { drawnSecret } from "./records/drawn-secret-store.ts";
import { authorizationStore } from "./records/grants/authorization-store.ts";
import { codeStore } from "./records/grants/code-store.ts";
import { connectedAppStore } from "./records/grants/connected-app-store.ts";
import { deviceCodeStore } from "./records/grants/device-code-store.ts";
import { grantStore } from "./records/grants/grant-store.ts";
import { refreshTokenStore } from "./records/grants/refresh-token-store.ts";
import { standingGrantStore } from "./records/grants/standing-grant-store.ts";
import { interactionStore } from "./records/interactions/interaction-store.ts";
import { pushedRequestStore } from "./records/interactions/pushed-request-store.ts";
import { type KeyProbeStore, keyProbeStore } from "./records/key-probes/key-probe-store.ts";
import { keyRevocationRequestStore } from "./records/key-revocations/key-revocation-request-store.ts";
import {
  type KeySightingStore,
  keySightingStore,
} from "./records/key-sightings/key-sighting-store.ts";
import { type DeliveryStore, deliveryStore } from "./records/outbox/delivery-store.ts";
import { logoutDeliveryStore } from "./records/outbox/logout-delivery-store.ts";
import { reachedSiteStore } from "./records/sessions/reached-site-store.ts";
import { sessionListStore } from "./records/sessions/session-list-store.ts";
import { sessionStore } from "./records/sessions/session-store.ts";
import { statusStore } from "./records/statuses/status-store.ts";
import { statuses } from "./records/statuses/statuses.ts";
import { type Subjects, subjects } from "./records/subjects/subjects.ts";
import { drill } from "./sending/drill.ts";
import { keyNotice } from "./sending/key-notice.ts";
import { logoutNotice } from "./sending/logout-notice.ts";
import { type OutboundCall, outboundCall } from "./sending/outbound-call.ts";
import { sender } from "./sending/sender.ts";
import type { KeyEncryptionKey } from "./settings.ts";
import { accessTokens } from "./tokens/access-token.ts";
import { idTokens } from "./tokens/id-token.ts";
import { keyEventTokens } from "./tokens/key-event-token.ts";
import { logoutTokens } from "./tokens/logout-token.ts";
import { statusListTokens } from "./tokens/status-list-token.ts";
import { userinfoTokens } from "./tokens/userinfo-token.ts";

export interface CapabilityDeps {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A kit reports three times within it (apps/relying-party). */
const SIGHTING_SECONDS = 180;

/** Longer than another replica takes to hear of new keys and to publish them. */
const SETTLE_MS = 500;

const ONE_DAY_SECONDS = 86_400;

export type Capabilities = ReturnType<typeof capabilities>;

export function capabilities(deps: CapabilityDeps) {
  const { config, database, clock } = deps;
  const { issuer, lifetimes } = config;

  const audit = auditStore(database);
  const accounts = accountStore(database);
  const clientRecords = clientStore(database);
  const clients = clientDirectory({ clients: clientRecords });
  const hasher = passwordHasher();
  const throttle = signInThrottleStore(database);

  const sightings = keySightingStore(database, {
    lifetimeSeconds: SIGHTING_SECONDS,
    usualAlg: config.signingAlgs[0] ?? "",
  });
  const keys = signingKeys(deps, { audit, sightings });
  const { ring } = keys;
  // What a revoked key has signed is worth nothing by then, and sites have fetched the keys anew.
  const deliveries = deliveryStore(database, {
    lifetimeSeconds: ONE_DAY_SECONDS + longestTokenSeconds(config),
  });
  const keyProbes = keyProbeStore(database);
  const names = subjects({ requireSecret: drawnSecret(database, "SubjectSecret") });
  const outgoing = sending(deps, { keys, clients, subjects: names, deliveries, keyProbes });
  const { wake } = outgoing.sender;
  const ending = endAccess({ database, wake });
  const status = statusLists(deps, keys);

  return {
    issuer,
    ownPageUrl: ownPageUrl(config),
    lifetimes,
    clock,
    audit,
    accounts,
    hasher,
    passwordLinks: passwordLinkStore(database),
    throttle,
    authenticatePassword: authenticatePassword({
      accounts,
      throttle,
      hasher,
      audit,
    }),
    clientStore: clientRecords,
    clients,
    authenticateClient: authenticateClient({
      clients,
      keys: clientKeys({ fetchDocument: fetching(outgoing.call), clock }),
      usedJtis: usedJtiStore(database),
      audiences: config.assertionAudiences,
      audit,
      clock,
    }),
    registrations: registrationStore(database),
    initialAccessTokens: initialAccessTokenStore(database),
    sessions: sessionStore(database, lifetimes),
    sessionList: sessionListStore(database, lifetimes),
    interactions: interactionStore(database, lifetimes),
    subjects: names,
    userinfoTokens: userinfoTokens({ issuer, ring }),
    pushedRequests: pushedRequestStore(database, lifetimes),
    consents: consentStore(database),
    authorizations: authorizationStore(database, lifetimes),
    codes: codeStore(database, lifetimes),
    deviceCodes: deviceCodeStore(database, lifetimes),
    refreshTokens: refreshTokenStore(database, lifetimes),
    grants: grantStore(database, lifetimes),
    connectedApps: connectedAppStore(database, lifetimes),
    standingGrants: standingGrantStore(database, lifetimes),
    endAccess: ending,
    signOut: signOut({
      endAccess: ending,
      reachedSites: reachedSiteStore(database),
      accessTokenSeconds: lifetimes.accessTokenSeconds,
    }),
    changePassword: changePassword({ database, wake }),
    cleanUp: cleanUpStore(database),
    keys,
    ring,
    sightings,
    deliveries,
    logoutDeliveries: logoutDeliveryStore(database),
    keyProbes,
    ...outgoing,
    ...status,
    ...revoking(deps, { keys, sightings, deliveries, wake }),
    accessTokens: accessTokens({
      issuer,
      ring,
      ttlSeconds: lifetimes.accessTokenSeconds,
      statusOf: status.statusOf,
    }),
    idTokens: idTokens({ issuer, ring, ttlSeconds: lifetimes.idTokenSeconds }),
  };
}

/** What leaves the house by itself: notices of revoked keys, the end of sign-ins, and drills. */
function sending(
  { config, clock, logger }: CapabilityDeps,
  {
    keys,
    clients,
    subjects: names,
    deliveries,
    keyProbes,
  }: {
    keys: KeyLifecycle;
    clients: ClientDirectory;
    subjects: Subjects;
    deliveries: DeliveryStore;
    keyProbes: KeyProbeStore;
  },
) {
  const { issuer, signingAlgs } = config;
  const tokens = keyEventTokens({ issuer, ring: keys.ring });
  const call = outboundCall({ allow: config.outboundAllow });
  const notice = keyNotice({ tokens, call, clock, catchUp: keys.poll });
  const logout = logoutNotice({
    subjects: names,
    tokens: logoutTokens({ issuer, ring: keys.ring }),
    clients,
    call,
    clock,
  });
  return {
    call,
    sender: sender({
      deliveries,
      attempt: (delivery) =>
        delivery.kind === "logout-token" ? logout(delivery) : notice(delivery),
      clock,
      logger,
    }),
    drill: drill({ keyProbes, tokens, call, clock, signingAlgs }),
  };
}

/** What a public address says, as far as anybody here wants to know. */
const fetching = (call: OutboundCall) => async (uri: string) => {
  const answer = await call(uri);
  return answer.kind === "answered" && answer.status === 200 ? answer.body : undefined;
};

/** Which grants have ended, for sites to look up by themselves. */
function statusLists({ config, database, clock }: CapabilityDeps, { ring }: KeyLifecycle) {
  const { issuer } = config;
  const known = statuses({ store: statusStore(database), clock });
  const statusListUri = (list: number) => `${issuer.replace(/\/$/, "")}/status-lists/${list}`;
  return {
    statuses: known,
    statusListTokens: statusListTokens({ issuer, ring }),
    statusListUri,
    statusOf({ statusNumber }: { statusNumber: number }) {
      const { list, index } = known.placeOf(statusNumber);
      return { idx: index, uri: statusListUri(list) };
    },
  };
}

/** Throwing a key out, and who refuses it by now. */
function revoking(
  { config, database, clock }: CapabilityDeps,
  others: {
    keys: KeyLifecycle;
    sightings: KeySightingStore;
    deliveries: DeliveryStore;
    wake: () => void;
  },
) {
  const { leadSeconds, jwksMaxAgeSeconds, revocationByTwo: byTwo } = config.keys;
  const requests = keyRevocationRequestStore(database);
  return {
    revokeSigningKey: revokeSigningKey({ ...others, requests, clock, byTwo }),
    findKeyRefusals: findKeyRefusals({ ...others, clock, leadSeconds, jwksMaxAgeSeconds }),
  };
}

const longestTokenSeconds = ({ lifetimes }: Config): number =>
  Math.max(lifetimes.accessTokenSeconds, lifetimes.idTokenSeconds);

function signingKeys(
  { config, database, clock, logger }: CapabilityDeps,
  { audit, sightings }: { audit: AuditStore; sightings: KeySightingStore },
): KeyLifecycle {
  const { keys } = config;
  return createKeyLifecycle({
    database,
    clock,
    seal: keySeal(config.keyEncryptionKeys.map((key) => sealingKey(key, config))),
    ...keys,
    longestTokenSeconds: longestTokenSeconds(config),
    signingAlgs: config.signingAlgs,
    rsaBits: config.rsaBits,
    recentSites: sightings.recentSites,
    limit: { most: keys.changesPerDay, count: audit.countKeyChanges },
    recordAudit: writeAudit,
    // PGlite is one process only.
    ...(database.kind === "postgresql" && { replicas: { settleMilliseconds: SETTLE_MS } }),
    logger,
  });
}

function sealingKey(key: KeyEncryptionKey, { sealCommand }: Config): SealingKey {
  if ("key" in key) return localSealingKey(key);
  if (sealCommand === undefined) throw new Error("KEY_SEAL_COMMAND is missing");
  return commandSealingKey(key.id, sealCommand);
}
