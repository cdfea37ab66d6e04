// The admin API: what the `signet` command drives and an operator may script. JSON both ways, one
// bearer token, every act in the audit. The console in the browser stands beside it, not on it.
import Router from "@koa/router";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";
import { forPrograms } from "../../http/error-renderer.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { type AccountsEndpointDeps, accountsEndpoint } from "./accounts-endpoint.ts";
import { auditEndpoint } from "./audit-endpoint.ts";
import { type ClientsEndpointDeps, clientsEndpoint } from "./clients-endpoint.ts";
import { keysEndpoint } from "./keys-endpoint.ts";
import { requireOperator } from "./operator-endpoint.ts";
import { type ResourcesEndpointDeps, resourcesEndpoint } from "./resources-endpoint.ts";
import { type SessionsEndpointDeps, sessionsEndpoint } from "./sessions-endpoint.ts";

export type AdminApiDeps = AccountsEndpointDeps &
  ClientsEndpointDeps &
  ResourcesEndpointDeps &
  SessionsEndpointDeps & {
    adminToken: string | undefined;
    keys: Pick<KeyLifecycle, "list" | "rotate">;
    audit: Pick<AuditStore, "list" | "record">;
  };

/** Everything under `/admin/api`. */
export function adminApi(deps: AdminApiDeps): Router {
  const keys = keysEndpoint(deps);
  const accounts = accountsEndpoint(deps);
  const clients = clientsEndpoint(deps);
  const resources = resourcesEndpoint(deps);
  const sessions = sessionsEndpoint(deps);
  const audit = auditEndpoint(deps);

  return new Router({ prefix: "/admin/api" })
    .use(forPrograms, requireOperator(deps))
    .get("/keys", keys.list)
    .post("/keys/rotate", keys.rotate)
    .get("/accounts", accounts.list)
    .post("/accounts", accounts.add)
    .get("/accounts/:account", accounts.show)
    .post("/accounts/:account/disable", accounts.disable)
    .post("/accounts/:account/enable", accounts.enable)
    .post("/accounts/:account/password-link", accounts.passwordLink)
    .get("/clients", clients.list)
    .post("/clients", clients.add)
    .get("/clients/:client", clients.show)
    .patch("/clients/:client", clients.update)
    .post("/clients/:client/disable", clients.disable)
    .post("/clients/:client/enable", clients.enable)
    .post("/clients/:client/secret", clients.addSecret)
    .post("/clients/:client/secrets/:secret/delete", clients.removeSecret)
    .post("/clients/:client/delete", clients.remove)
    .get("/resources", resources.list)
    .put("/resources", resources.put)
    .get("/sessions", sessions.list)
    .post("/sessions/end", sessions.end)
    .get("/audit", audit.list);
}
