// The admin API: what the `signet` command drives and an operator may script. JSON both ways, one
// bearer token, every act in the audit. The console in the browser stands beside it, not on it.
import Router from "@koa/router";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { type AccountsEndpointDeps, accountsEndpoint } from "./accounts-endpoint.ts";
import { auditEndpoint } from "./audit-endpoint.ts";
import { type ClientsEndpointDeps, clientsEndpoint } from "./clients-endpoint.ts";
import { type KeyReadinessEndpointDeps, keyReadinessEndpoint } from "./key-readiness-endpoint.ts";
import {
  type KeyRevocationEndpointDeps,
  keyRevocationEndpoint,
} from "./key-revocation-endpoint.ts";
import { type KeysEndpointDeps, keysEndpoint } from "./keys-endpoint.ts";
import { requireOperator } from "./operator-endpoint.ts";
import {
  type RegistrationTokensEndpointDeps,
  registrationTokensEndpoint,
} from "./registration-tokens-endpoint.ts";
import { type ResourcesEndpointDeps, resourcesEndpoint } from "./resources-endpoint.ts";
import { type SessionsEndpointDeps, sessionsEndpoint } from "./sessions-endpoint.ts";

export type AdminApiDeps = AccountsEndpointDeps &
  ClientsEndpointDeps &
  KeyReadinessEndpointDeps &
  KeyRevocationEndpointDeps &
  KeysEndpointDeps &
  RegistrationTokensEndpointDeps &
  ResourcesEndpointDeps &
  SessionsEndpointDeps & {
    adminToken: string | undefined;
    audit: Pick<AuditStore, "list" | "record">;
  };

/** Everything under `/admin/api`. */
export function adminApi(deps: AdminApiDeps): Router {
  const keys = keysEndpoint(deps);
  const readiness = keyReadinessEndpoint(deps);
  const revocation = keyRevocationEndpoint(deps);
  const accounts = accountsEndpoint(deps);
  const clients = clientsEndpoint(deps);
  const registrationTokens = registrationTokensEndpoint(deps);
  const resources = resourcesEndpoint(deps);
  const sessions = sessionsEndpoint(deps);
  const audit = auditEndpoint(deps);

  // On every route by name: a guard that matches paths by itself could match other ones than they do.
  const guard = requireOperator(deps);
  return new Router({ prefix: "/admin/api", sensitive: true, strict: true })
    .get("/keys", guard, keys.list)
    .post("/keys/rotate", guard, keys.rotate)
    .post("/keys/rewrap", guard, keys.rewrap)
    .get("/keys/readiness", guard, readiness.show)
    .post("/keys/drill", guard, readiness.drill)
    .get("/keys/revocations", guard, revocation.list)
    .post("/keys/revocations/:request/confirm", guard, revocation.confirm)
    .post("/keys/revocations/:request/refuse", guard, revocation.refuse)
    .post("/keys/:kid/revoke", guard, revocation.revoke)
    .get("/keys/:kid/refusals", guard, revocation.refusals)
    .get("/accounts", guard, accounts.list)
    .post("/accounts", guard, accounts.add)
    .get("/accounts/:account", guard, accounts.show)
    .post("/accounts/:account/disable", guard, accounts.disable)
    .post("/accounts/:account/enable", guard, accounts.enable)
    .post("/accounts/:account/password-link", guard, accounts.passwordLink)
    .get("/clients", guard, clients.list)
    .post("/clients", guard, clients.add)
    .get("/clients/:client", guard, clients.show)
    .patch("/clients/:client", guard, clients.update)
    .post("/clients/:client/disable", guard, clients.disable)
    .post("/clients/:client/enable", guard, clients.enable)
    .post("/clients/:client/secret", guard, clients.addSecret)
    .post("/clients/:client/secrets/:secret/delete", guard, clients.removeSecret)
    .post("/clients/:client/delete", guard, clients.remove)
    .get("/registration-tokens", guard, registrationTokens.list)
    .post("/registration-tokens", guard, registrationTokens.add)
    .post("/registration-tokens/:token/end", guard, registrationTokens.end)
    .get("/resources", guard, resources.list)
    .put("/resources", guard, resources.put)
    .get("/sessions", guard, sessions.list)
    .post("/sessions/end", guard, sessions.end)
    .get("/audit", guard, audit.list);
}
