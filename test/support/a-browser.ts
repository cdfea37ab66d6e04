// A real Chromium from the npm registry, started once per test file. Each person gets a context of
// their own: cookies are shared by nobody.
import chromiumBinary from "@sparticuz/chromium";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

// Not the package's own flags: those are for tiny machines and switch off the very rules (same-origin,
// site isolation) that a sign-in across sites has to stand up to.
const FLAGS = [
  "--headless=shell",
  "--no-sandbox",
  "--no-zygote",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--font-render-hinting=none",
];

export interface PersonOptions {
  readonly javaScript?: boolean;
  readonly dark?: boolean;
  readonly width?: number;
  /** Takes certificates that nobody vouches for, as those of tests are. */
  readonly trusting?: boolean;
  /** What the browser says it is. */
  readonly userAgent?: string;
}

export interface TestBrowser {
  /** A browser window of somebody who has been nowhere yet. */
  newPerson(options?: PersonOptions): Promise<{ page: Page; context: BrowserContext }>;
  close(): Promise<void>;
}

export async function aBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: await chromiumBinary.executablePath(),
    args: FLAGS,
    headless: true,
  });
  return {
    async newPerson({
      javaScript = true,
      dark = false,
      width = 1280,
      trusting = false,
      userAgent,
    }: PersonOptions = {}) {
      const context = await browser.newContext({
        javaScriptEnabled: javaScript,
        colorScheme: dark ? "dark" : "light",
        viewport: { width, height: 900 },
        reducedMotion: "reduce",
        ignoreHTTPSErrors: trusting,
        ...(userAgent !== undefined && { userAgent }),
      });
      context.setDefaultTimeout(15_000);
      return { page: await context.newPage(), context };
    },
    close: () => browser.close(),
  };
}
