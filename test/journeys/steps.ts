// What a person does, in their own words.
import type { Page } from "playwright-core";
import type { SignIn } from "../support/a-house.ts";

/** Fills the sign-in form in front of the person and sends it. */
export async function signInHere(page: Page, { email, password }: SignIn): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  // A reload of a page that is only just arriving is refused by the browser.
  await page.waitForLoadState();
}
