/** A step a person can take next: words, and a link where there is one. */
export interface NextStep {
  text: string;
  href?: string;
}

/** What the view "problem" of every site shows. */
export interface ProblemModel {
  status: number;
  title: string;
  explanation: string;
  whatNext: NextStep[];
  /** To quote when asking for help; present when the log has more. */
  reference?: string;
}

/** Something a person has to be told, in words for a person. The problem renderer chooses how it is sent. */
export class SiteProblem extends Error {
  override name = "SiteProblem";
  readonly status: number;
  readonly title: string;
  readonly whatNext: NextStep[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    problem: Omit<ProblemModel, "reference">,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(problem.explanation, { cause: options.cause });
    this.status = problem.status;
    this.title = problem.title;
    this.whatNext = problem.whatNext;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const home: NextStep = { text: "Go to the front page", href: "/" };
const signInAgain: NextStep = { text: "Sign in again", href: "/sign-in" };

/** Signet has not answered yet, or cannot be reached, and this person has no session to go on with. */
export const signInNotPossible = (cause?: unknown) =>
  new SiteProblem(
    {
      status: 503,
      title: "Signing in has to wait a moment",
      explanation:
        "We ask Signet to say who you are, and Signet is not answering. Nothing is wrong with your account. New sign-ins go on as soon as it is back.",
      whatNext: [{ text: "Try again", href: "/" }],
    },
    { cause, retryAfterSeconds: 5 },
  );

/** A strict page while Signet does not say whether this person's access has been taken back. */
export const mustWait = (cause: unknown) =>
  new SiteProblem(
    {
      status: 503,
      title: "This has to wait a moment",
      explanation:
        "Before this we make sure with Signet that it is still you, and Signet is not answering. Nothing was done, and you are still signed in.",
      whatNext: [{ text: "Go to the front page", href: "/" }],
    },
    { cause, retryAfterSeconds: 5 },
  );

export const signInNotCompleted = (explanation: string, cause?: unknown) =>
  new SiteProblem(
    { status: 400, title: "You are not signed in", explanation, whatNext: [signInAgain] },
    { cause },
  );

/** The answer belongs to another browser, was used before, or waited too long (RFC 9700 §4.7). */
export const signInUnknown = (cause?: unknown) =>
  new SiteProblem(
    {
      status: 400,
      title: "This sign-in has already been used",
      explanation:
        "It was finished before, waited too long, or began in another browser. Nothing is wrong with your account.",
      whatNext: [signInAgain],
    },
    { cause },
  );

/** The kit could not accept what Signet answered; the log has the reason. */
export const signInRefused = (cause: unknown) =>
  new SiteProblem(
    {
      status: 502,
      title: "We could not accept this sign-in",
      explanation:
        "Signet’s answer did not pass our checks, so nobody was signed in and nothing was changed.",
      whatNext: [signInAgain],
    },
    { cause },
  );

export const signInNeeded = () =>
  new SiteProblem({
    status: 401,
    title: "Please sign in again",
    explanation: "Your session here has ended, so this was not done.",
    whatNext: [signInAgain],
  });

export const foreignRequest = (cause?: unknown) =>
  new SiteProblem(
    {
      status: 403,
      title: "This did not come from our page",
      explanation:
        "Nothing was done. If you meant to do this, go back, reload the page and try again.",
      whatNext: [home],
    },
    { cause },
  );

/** Whoever sent the person here meant another provider than this site's (OIDC Core §4). */
export const foreignSignIn = () =>
  new SiteProblem({
    status: 400,
    title: "This link does not lead to our sign-in",
    explanation: "It names somebody else to say who you are. We believe Signet alone.",
    whatNext: [home, signInAgain],
  });

export const pageNotFound = () =>
  new SiteProblem({
    status: 404,
    title: "There is no such page",
    explanation: "The address may have been mistyped, or the page has moved.",
    whatNext: [home],
  });

/** Not a failure, but it needs the same few words: the session here is over and Signet cannot take over. */
export const signedOutHere = () =>
  new SiteProblem({
    status: 200,
    title: "You are signed out here",
    explanation:
      "This site no longer knows this browser. Other sites may still be open; to leave them all, sign out at Signet as well.",
    whatNext: [{ text: "Sign in again", href: "/sign-in" }],
  });
