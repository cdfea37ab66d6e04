// Every module of the plans, in every variant; the names are the Foundation's own, so that a reader can lay
// this beside a certified provider's table.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conformanceDocument, outcomeKey } from "./document.ts";
import type { Result } from "./modules/modules.ts";
import { PLANS } from "./plans.ts";
import { type Suite, theSuite, type Variant } from "./the-suite.ts";

const outcomes = new Map<string, Result>();

const VARIANTS: readonly Variant[] = [
  { pkceFor: "all", responseMode: "query" },
  { pkceFor: "public", responseMode: "query" },
  { pkceFor: "all", responseMode: "form_post" },
  { pkceFor: "public", responseMode: "form_post" },
];

describe.each(VARIANTS)("PKCE_FOR=$pkceFor, response_mode=$responseMode", (variant) => {
  let suite: Suite;
  beforeAll(async () => {
    suite = await theSuite(variant);
  });
  afterAll(() => suite.close());

  const plans = PLANS.filter(({ formPost }) => variant.responseMode === "query" || formPost);
  describe.each(plans)("$name", ({ name, modules }) => {
    it.each(Object.entries(modules))("%s", async (module, run) => {
      const result = await run(suite);
      const key = outcomeKey(name, module);
      // One answer in every variant, or the table would have to say which.
      expect(result).toEqual(outcomes.get(key) ?? result);
      outcomes.set(key, result);
    });
  });
});

describe("docs/conformance.md", () => {
  it("says what this run has shown (npm run conformance)", async () => {
    const document = conformanceDocument(PLANS, outcomes);
    await expect(document).toMatchFileSnapshot("../../docs/conformance.md");
  });
});
