// What every page of every site of ours holds, whatever it shows.
import { describe, expect, it } from "vitest";
import type { SignedInVisitor, SiteOfOurs } from "./a-site-of-ours.ts";
import {
  escaped,
  expectLinksToLead,
  expectNothingInline,
  expectSoundStructure,
  HOSTILE_NAMES,
} from "./page-checks.ts";

interface Visited {
  readonly site: SiteOfOurs;
  readonly alice: SignedInVisitor;
}

/** @param visited asked for inside each test, once the suite's `beforeAll` has run */
export function everyPageIsSound(name: string, pages: readonly string[], visited: () => Visited) {
  describe(`${name}, every page`, () => {
    it.each(pages)("H1: %s has nothing inline and a policy that says so", async (path) => {
      const page = await visited().alice.get(path);
      expect(page.status).toBe(200);
      expectNothingInline(page);
      expectSoundStructure(page);
    });

    it.each(pages)("%s links only to what is there", async (path) => {
      const { site, alice } = visited();
      await expectLinksToLead(site, alice.get, await alice.get(path));
    });

    it.each(pages)("S4: %s signs out by a POST form with a token", async (path) => {
      const { text } = await visited().alice.get(path);
      expect(text).toMatch(
        /<form class="me" method="post" action="\/sign-out"><input type="hidden" name="csrf" value="[\w.-]{20,}">/,
      );
    });

    it.each(HOSTILE_NAMES)("D4, H2: the name %s is shown, never run", async (hostile) => {
      const { site } = visited();
      const visitor = await site.signedIn({ sub: `hostile ${hostile}`, name: hostile });
      for (const path of pages) {
        const page = await visitor.get(path);
        expect(page.status).toBe(200);
        expectNothingInline(page);
        expect(page.text).toContain(`<span class="me__name">${escaped(hostile)}</span>`);
      }
      await site.signedIn({ sub: "subject-of-alice", name: "Alice Moreau" });
    });
  });
}
