import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { ClientAnswer } from "../endpoints/admin-api/answers.ts";
import { everyPage } from "./every-page.ts";
import { jsonFile } from "./input.ts";
import type { Operate } from "./operate.ts";
import { facts, table } from "./output.ts";

type Client = z.output<typeof ClientAnswer>;

const ClientWithSecret = ClientAnswer.extend({ client_secret: z.string().optional() });
const ClientsPage = z.object({ clients: z.array(ClientAnswer), next: z.string().optional() });
const Disabled = ClientAnswer.extend({ grants_ended: z.int() });
const Deleted = z.object({ client_id: z.string(), deleted: z.literal(true) });

/** The options that describe a client; commander spells them in camelCase. */
interface Description {
  name?: string;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  authMethod?: string;
  grantType?: string[];
  scope?: string;
  resource?: string[];
  firstParty?: boolean;
  requirePar?: boolean;
  idTokenOnRefresh?: boolean;
  jwksUri?: string | false;
  jwksFile?: unknown;
  userinfoAlg?: string | false;
  pairwiseSector?: string | false;
  idTokenAlg?: string;
  keyEventsUri?: string | false;
  backchannelLogoutUri?: string | false;
  frontchannelLogoutUri?: string | false;
  clientUri?: string | false;
  logoUri?: string | false;
  policyUri?: string | false;
  tosUri?: string | false;
  contact?: string[] | false;
  initiateLoginUri?: string | false;
  defaultMaxAge?: number | false;
  requireAuthTime?: boolean;
  reason?: string;
}

export function clientsCommands(program: Command, { admin, say }: Operate): void {
  const clients = program.command("clients").description("the sites and programs that use Signet");

  describing(clients.command("add"))
    .description("add a client and print its credentials, once")
    .option("--id <id>", "its client_id; made up when absent")
    .action(async ({ id, ...options }: Description & { id?: string }) => {
      const request = { client_id: id, ...members(options) };
      const added = await admin().ask("POST", "/clients", ClientWithSecret, request);
      say(added, [...describe(added), "", ...secretLines(added)]);
    });

  clients
    .command("list")
    .description("every client")
    .action(async () => {
      const everyone = await everyPage(async (after) => {
        const page = await admin().ask("GET", `/clients${after}`, ClientsPage);
        return { records: page.clients, next: page.next };
      });
      const rows = everyone.map((client) => [
        client.client_id,
        client.client_name,
        client.disabled_at ? "disabled" : "enabled",
        client.token_endpoint_auth_method,
        client.origin,
      ]);
      const head = ["CLIENT", "NAME", "STANDING", "METHOD", "ADDED BY"];
      say(everyone, table(head, rows, "There are no clients."));
    });

  clients
    .command("show")
    .description("one client")
    .argument("<client>", "its client_id")
    .action(async (id: string) => {
      const client = await admin().ask("GET", pathOf(id), ClientAnswer);
      say(client, describe(client));
    });

  describing(clients.command("update"))
    .description("change what is given; lists are replaced as a whole")
    .argument("<client>", "its client_id")
    .option("--reason <text>", "why, for the audit")
    .action(async (id: string, { reason, ...options }: Description) => {
      const request = { ...members(options), reason };
      const client = await admin().ask("PATCH", pathOf(id), ClientAnswer, request);
      say(client, describe(client));
    });

  clients
    .command("disable")
    .description("refuse the client, and revoke every grant it holds")
    .argument("<client>", "its client_id")
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (id: string, options: { reason: string }) => {
      const ended = await admin().ask("POST", `${pathOf(id)}/disable`, Disabled, options);
      say(ended, [`${id} is disabled. Ended: ${ended.grants_ended} grants.`]);
    });

  clients
    .command("enable")
    .description("let a disabled client work again")
    .argument("<client>", "its client_id")
    .option("--reason <text>", "why, for the audit")
    .action(async (id: string, options: { reason?: string }) => {
      const client = await admin().ask("POST", `${pathOf(id)}/enable`, ClientAnswer, options);
      say(client, [`${id} works again.`]);
    });

  clients
    .command("secret")
    .description("print a new secret; the one before it keeps working while the client moves over")
    .argument("<client>", "its client_id")
    .option("--reason <text>", "why, for the audit")
    .option("--remove <secret-id>", "end this secret instead; needs a reason")
    .action(async (id: string, { remove, ...options }: { remove?: string; reason?: string }) => {
      const path = remove === undefined ? "secret" : `secrets/${encodeURIComponent(remove)}/delete`;
      const client = await admin().ask("POST", `${pathOf(id)}/${path}`, ClientWithSecret, options);
      say(client, remove === undefined ? secretLines(client) : describe(client));
    });

  clients
    .command("delete")
    .description("forget the client, its grants and its consents")
    .argument("<client>", "its client_id")
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (id: string, options: { reason: string }) => {
      const deleted = await admin().ask("POST", `${pathOf(id)}/delete`, Deleted, options);
      say(deleted, [`${id} is deleted.`]);
    });
}

const pathOf = (id: string) => `/clients/${encodeURIComponent(id)}`;

const several = (value: string, before: string[] | false | undefined) => [...(before || []), value];

/** `add` must have a name and `update` may have one: the API says which. */
const describing = (command: Command): Command =>
  command
    .option("--name <name>", "what people read on the consent page")
    .option("--redirect-uri <uri>", "where codes are sent; repeat for several", several)
    .option("--post-logout-redirect-uri <uri>", "where sign-out may return to; repeat", several)
    .addOption(
      new Option("--auth-method <method>", "how it proves itself at the token endpoint").choices([
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
      ]),
    )
    .option("--grant-type <type>", "what it may redeem; repeat for several", several)
    .option("--scope <scopes>", "what it may ask for, space-separated")
    .option("--resource <identifier>", "a resource it may name; repeat for several", several)
    .option("--first-party", "run by the same company: no consent page")
    .option("--no-first-party", "asks for consent (the default)")
    .option("--require-par", "only requests that it has pushed count (RFC 9126)")
    .option("--no-require-par", "a browser may bring its requests (the default)")
    .option("--id-token-alg <alg>", "what its ID tokens are signed with")
    .option("--id-token-on-refresh", "an ID token with every refresh")
    .option("--no-id-token-on-refresh", "only with one that asks for openid (the default)")
    .option("--jwks-uri <uri>", "where its public keys are, for private_key_jwt")
    .option("--no-jwks-uri", "its public keys are nowhere")
    .option("--jwks-file <file>", "its public keys themselves, a JWK Set", jsonFile)
    .option("--userinfo-alg <alg>", "what its UserInfo is signed with, as a JWT")
    .option("--no-userinfo-alg", "its UserInfo is plain JSON (the default)")
    .option("--pairwise-sector <host>", "its people have names of their own within this sector")
    .option(
      "--no-pairwise-sector",
      "its people have the names that all clients share (the default)",
    )
    .option("--key-events-uri <uri>", "where its kit hears of signing keys")
    .option("--no-key-events-uri", "its kit does not")
    .option("--backchannel-logout-uri <uri>", "where it hears that a sign-in has ended, from us")
    .option("--no-backchannel-logout-uri", "it does not hear so from us")
    .option("--frontchannel-logout-uri <uri>", "where it hears so in the person's browser")
    .option("--no-frontchannel-logout-uri", "it does not hear so in the browser")
    .option("--client-uri <uri>", "its front page")
    .option("--no-client-uri", "that of its redirect URI")
    .option("--logo-uri <uri>", "its logo")
    .option("--no-logo-uri", "none")
    .option("--policy-uri <uri>", "what it does with what it is told of people")
    .option("--no-policy-uri", "it does not say")
    .option("--tos-uri <uri>", "its terms of service")
    .option("--no-tos-uri", "it has none")
    .option("--contact <address>", "who answers for it; repeat for several", several)
    .option("--no-contact", "nobody")
    .option("--initiate-login-uri <uri>", "where it begins a sign-in when people open it from here")
    .option("--no-initiate-login-uri", "people are sent to its front page")
    .option("--default-max-age <seconds>", "how old a sign-in may be unless it asks", wholeSeconds)
    .option("--no-default-max-age", "as old as may be")
    .option("--require-auth-time", "always say when the person signed in")
    .option("--no-require-auth-time", "say so when asked");

function wholeSeconds(value: string): number {
  if (!/^\d{1,8}$/.test(value)) throw new InvalidArgumentError("It must be a number of seconds.");
  return Number(value);
}

const members = (options: Description) => ({
  client_name: options.name,
  redirect_uris: options.redirectUri,
  post_logout_redirect_uris: options.postLogoutRedirectUri,
  token_endpoint_auth_method: options.authMethod,
  grant_types: options.grantType,
  scope: options.scope,
  resources: options.resource,
  first_party: options.firstParty,
  require_pushed_authorization_requests: options.requirePar,
  id_token_on_refresh: options.idTokenOnRefresh,
  id_token_signed_response_alg: options.idTokenAlg,
  jwks_uri: unlessTakenAway(options.jwksUri),
  jwks: options.jwksFile,
  userinfo_signed_response_alg: unlessTakenAway(options.userinfoAlg),
  pairwise_sector: unlessTakenAway(options.pairwiseSector),
  key_events_uri: unlessTakenAway(options.keyEventsUri),
  backchannel_logout_uri: unlessTakenAway(options.backchannelLogoutUri),
  frontchannel_logout_uri: unlessTakenAway(options.frontchannelLogoutUri),
  client_uri: unlessTakenAway(options.clientUri),
  logo_uri: unlessTakenAway(options.logoUri),
  policy_uri: unlessTakenAway(options.policyUri),
  tos_uri: unlessTakenAway(options.tosUri),
  contacts: options.contact === false ? [] : options.contact,
  initiate_login_uri: unlessTakenAway(options.initiateLoginUri),
  default_max_age: unlessTakenAway(options.defaultMaxAge),
  require_auth_time: options.requireAuthTime,
});

/** What `--no-…` leaves behind is false. */
const unlessTakenAway = <Value>(value: Value | false) => (value === false ? null : value);

const describe = (client: Client): string[] =>
  facts({
    "Client id": client.client_id,
    Name: client.client_name,
    Standing: client.disabled_at ? `disabled since ${client.disabled_at}` : "enabled",
    "Redirect URIs": client.redirect_uris.join(" "),
    "After sign-out": client.post_logout_redirect_uris.join(" "),
    Method: client.token_endpoint_auth_method,
    Grants: client.grant_types.join(" "),
    Scope: client.scope,
    Resources: client.resources.join(" "),
    "First party": client.first_party ? "yes" : "no",
    "Pushed requests": client.require_pushed_authorization_requests ? "required" : "may push",
    "ID tokens": client.id_token_signed_response_alg,
    "ID tokens on refresh": client.id_token_on_refresh ? "always" : "when asked for",
    Keys: client.jwks_uri ?? (client.jwks ? "registered" : "none"),
    UserInfo: client.userinfo_signed_response_alg ?? "plain JSON",
    Subjects: client.pairwise_sector ? `pairwise, ${client.pairwise_sector}` : "public",
    "Key events": client.key_events_uri ?? "not heard",
    "Back-channel logout": client.backchannel_logout_uri ?? "not heard",
    "Front-channel logout": client.frontchannel_logout_uri ?? "not heard",
    "Front page": client.client_uri,
    Logo: client.logo_uri,
    Policy: client.policy_uri,
    Terms: client.tos_uri,
    Contacts: client.contacts?.join(" "),
    "Sign-in begins at": client.initiate_login_uri,
    "Oldest sign-in": client.default_max_age?.toString(),
    "Time of sign-in": client.require_auth_time ? "always said" : "said when asked",
    Secrets: client.secrets.map(({ id }) => id).join(" "),
    "Added by": client.origin,
  });

const NO_SECRET: Readonly<Record<string, string>> = {
  none: "This client has no secret: it proves itself by PKCE alone.",
  private_key_jwt: "This client has no secret: it proves itself by its own key.",
};

const secretLines = (client: z.output<typeof ClientWithSecret>): string[] =>
  client.client_secret === undefined
    ? [NO_SECRET[client.token_endpoint_auth_method] ?? "This client has no secret."]
    : ["The secret, shown this once:", client.client_secret];
