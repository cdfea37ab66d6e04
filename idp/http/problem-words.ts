/** The words for problems that are nobody's in particular. Kind, short, and with a way on. */
import type { ProblemWords } from "./page-problem.ts";

export const notFoundWords: ProblemWords = {
  status: 404,
  title: "There is nothing here",
  explanation: "This address does not lead anywhere. It may have been mistyped or be out of date.",
  whatNext: ["Go back to the site you came from and try its link again."],
};

export const wrongMethodWords: ProblemWords = {
  status: 405,
  title: "That does not work here",
  explanation: "The page exists, but it cannot be used in this way.",
  whatNext: ["Go back to the site you came from and start again."],
};

export const unknownErrorWords: ProblemWords = {
  status: 500,
  title: "Something went wrong on our side",
  explanation: "It was not your fault, and it has been noted.",
  whatNext: ["Try again in a moment.", "If it stays like this, quote the number below to support."],
};

export const unavailableWords = (retryAfterSeconds: number): ProblemWords => ({
  status: 503,
  title: "Very busy just now",
  explanation:
    "We could not take care of this right away. Nothing of what you did is lost or half done.",
  whatNext: [
    `Wait ${retryAfterSeconds === 1 ? "a second" : `${retryAfterSeconds} seconds`} and try again.`,
  ],
  retryAfterSeconds,
});

/** @param reason  for the developer of the site that sent the person here */
export const invalidRequestWords = (reason: string, status: number): ProblemWords => ({
  status,
  title: "This request could not be understood",
  explanation: "The site that sent you here asked for something in a way that we cannot follow.",
  whatNext: ["Go back to the site and try again.", "If it happens again, tell the site’s support."],
  developerNote: reason,
});
