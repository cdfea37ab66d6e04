/**
 * GET and POST /account/password: a new password, by whoever is signed in and knows the one there is
 * (security M4, P2). Looking at that one is throttled like a sign-in and hashed in the same lane. All
 * other access of theirs ends with it; this session goes on under another cookie (S2).
 */
import type { Context } from "koa";
import { z } from "zod";
import type { ChangePassword } from "../../ending/change-password.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { render } from "../../http/render.ts";
import { requestContext } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import type { Account } from "../../records/accounts/account.ts";
import type { AuthenticatePassword } from "../../records/accounts/authenticate.ts";
import { readChosenPassword } from "../../records/accounts/chosen-password.ts";
import { Overloaded } from "../../records/accounts/hashing-lane.ts";
import type { PasswordHasher } from "../../records/accounts/password-hasher.ts";
import { normalizePassword, SHORTEST_CHARACTERS } from "../../records/accounts/password-policy.ts";
import { ACCOUNT_PATH, donePath, PASSWORD_PATH } from "./account-paths.ts";
import type { ChangePasswordProblem } from "./change-password-model.ts";
import {
  CsrfForm,
  findPerson,
  formOf,
  type Person,
  type PersonAct,
  type PersonDeps,
  readPersonAct,
} from "./person-page.ts";

export interface ChangePasswordPageDeps extends PersonDeps {
  authenticatePassword: AuthenticatePassword;
  hasher: Pick<PasswordHasher, "hash">;
  changePassword: Pick<ChangePassword, "inSession">;
}

const PasswordForm = CsrfForm.extend({
  current: z.string().optional(),
  password: z.string().optional(),
  repeat: z.string().optional(),
});
type Act = PersonAct<z.output<typeof PasswordForm>>;

/** The account whose current password was right, and the new one's hash. */
type Checked = { account: Account; hash: string } | { problem: ChangePasswordProblem };

export const changePasswordPage = (deps: ChangePasswordPageDeps) => {
  const { issuer, cookies, authenticatePassword, hasher, changePassword, clock } = deps;

  async function show(ctx: Context): Promise<void> {
    const person = await findPerson(ctx, deps, PASSWORD_PATH);
    if (person) draw(ctx, person);
  }

  async function submit(ctx: Context): Promise<void> {
    const asked = { action: PASSWORD_PATH, schema: PasswordForm, back: PASSWORD_PATH };
    const act = await readPersonAct(ctx, deps, asked);
    if (!act) return;
    const { person, by } = act;
    const checked = await check(ctx, act);
    if ("problem" in checked) return refuse(ctx, person, checked.problem);

    const session = { id: person.session.id, secret: person.sessionSecret };
    const proven = { account: checked.account, session };
    const secret = await changePassword.inSession(proven, checked.hash, clock.now(), by);
    if (secret === undefined) throw changedMeanwhile();
    cookies.set(ctx, "session", secret);
    redirectTo(ctx, issuer + donePath("password"));
  }

  /** What costs nothing first: a try at the current password is counted. */
  async function check(ctx: Context, { person, form, by }: Act): Promise<Checked> {
    const { current } = form;
    if (!current) return wrong("current", "Signet needs the password you have now.");
    const chosen = readChosenPassword(form, person);
    if (chosen.problem) return { problem: { kind: "field", ...chosen.problem } };
    if (normalizePassword(chosen.password) === normalizePassword(current)) {
      return wrong("password", "This is the one you have. Please choose another.");
    }
    try {
      const { address } = requestContext(ctx);
      const answer = await authenticatePassword(person.email, current, address, clock.now(), by);
      if (answer.kind === "throttled") {
        return { problem: { kind: "throttled", seconds: answer.retryAfterSeconds } };
      }
      if (answer.kind === "refused" || answer.account.id !== person.id) {
        return wrong("current", "This is not the password you have now. Capital letters count.");
      }
      return { account: answer.account, hash: await hasher.hash(chosen.password) };
    } catch (error) {
      if (!(error instanceof Overloaded)) throw error;
      return { problem: { kind: "busy", seconds: error.retryAfterSeconds } };
    }
  }

  function refuse(ctx: Context, person: Person, problem: ChangePasswordProblem): void {
    ctx.status = statusOf(problem);
    if ("seconds" in problem) ctx.set("Retry-After", String(problem.seconds));
    draw(ctx, person, problem);
  }

  function draw(ctx: Context, person: Person, problem?: ChangePasswordProblem): void {
    render(ctx, "account/change-password", {
      ...formOf(person, PASSWORD_PATH),
      person: { name: person.name, email: person.email },
      minimumLength: SHORTEST_CHARACTERS,
      problem,
    });
  }

  return { show, submit };
};

const wrong = (field: "current" | "password", sentence: string): Checked => ({
  problem: { kind: "field", field, sentence },
});

function statusOf(problem: ChangePasswordProblem): number {
  if (problem.kind === "throttled") return 429;
  if (problem.kind === "busy") return 503;
  return problem.field === "current" ? 403 : 400;
}

const changedMeanwhile = () =>
  new PageProblem({
    status: 409,
    title: "Something changed in the same moment",
    explanation:
      "Your password was changed, or this sign-in ended, while you were at this page. What you typed here changed nothing.",
    whatNext: ["If that was not you, sign in and choose a new password."],
    wayBack: { label: "See where you are signed in", href: ACCOUNT_PATH },
  });
