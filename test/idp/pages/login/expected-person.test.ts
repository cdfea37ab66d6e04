import { describe, expect, it } from "vitest";
import { expectedPerson } from "../../../../idp/pages/login/expected-person.ts";

const alice = { subject: "alice", email: "alice@example.test" };
type Request = Parameters<typeof expectedPerson>[0];
const asks = (changed: Partial<Request> = {}): Request => ({ prompt: [], ...changed });

describe("whom the sign-in page expects", () => {
  const again = { again: true, email: alice.email };
  const anybody = { again: false, email: "" };
  const cases: [string, Request, typeof alice | undefined, typeof again][] = [
    ["nobody in particular", asks(), undefined, anybody],
    [
      "whoever is hinted at",
      asks({ loginHint: "b@x.test" }),
      undefined,
      { again: false, email: "b@x.test" },
    ],
    ["the person signed in, for prompt=login", asks({ prompt: ["login"] }), alice, again],
    ["the person signed in, for max_age", asks({ maxAgeSeconds: 1 }), alice, again],
    ["the person signed in, for a page of ours", undefined, alice, again],
    ['anybody, after "not you?"', asks(), alice, anybody],
    [
      'anybody, after "use another account"',
      asks({ prompt: ["login", "select_account"] }),
      alice,
      anybody,
    ],
    [
      "somebody else than is signed in",
      asks({ prompt: ["login"], hintSubject: "bruno" }),
      alice,
      anybody,
    ],
    [
      "the person hinted at, who is signed in",
      asks({ prompt: ["login"], hintSubject: "alice" }),
      alice,
      again,
    ],
  ];
  it.each(cases)("%s", (_, request, signedIn, expected) => {
    expect(expectedPerson(request, signedIn)).toEqual(expected);
  });
});
