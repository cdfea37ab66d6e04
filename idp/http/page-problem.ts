/** Something a person is told on a page: what went wrong and what to do about it. */
export interface ProblemWords {
  status: number;
  title: string;
  explanation: string;
  /** Things the person can do now, one sentence each. */
  whatNext: readonly string[];
  /** For whoever builds the site that sent the person here. */
  developerNote?: string;
  /** The protocol's code for it, where there is one: the guide to errors explains it. */
  errorCode?: string;
  retryAfterSeconds?: number;
  /** One way on: a path of ours, or an absolute address from a client's registration. */
  wayBack?: { label: string; href: string };
}

export class PageProblem extends Error {
  readonly words: ProblemWords;

  constructor(words: ProblemWords, options?: ErrorOptions) {
    super(words.title, options);
    this.name = "PageProblem";
    this.words = words;
  }
}

export const forbiddenForm = () =>
  new PageProblem({
    status: 403,
    title: "This form could not be used",
    explanation:
      "It did not come from a page of ours in this browser, or the page had been open for too long.",
    whatNext: ["Go back to the site you wanted to visit and start again."],
  });
