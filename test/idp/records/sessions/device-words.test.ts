import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceInWords } from "../../../../idp/records/sessions/device-words.ts";

const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("a browser in words", () => {
  it.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36`,
      "Chrome on Windows",
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`,
      "Edge on Windows",
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0`,
      "Opera on Windows",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:128.0) Gecko/20100101 Firefox/128.0",
      "Firefox on macOS",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
      "Safari on macOS",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1",
      "Chrome on iPhone",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
      "Firefox on iPhone",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
      "An app on iPhone",
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; SM-S921B) ${webkit} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
      "Samsung Internet on Android",
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36`,
      "Chrome on Android",
    ],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/126.0.0.0 Safari/537.36`,
      "Chrome on ChromeOS",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"],
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko)",
      "A browser on Linux",
    ],
    ["curl/8.5.0", "An unknown browser"],
    ["", "An unknown browser"],
    ["<script>alert(1)</script>", "An unknown browser"],
  ])("%s", (userAgent, words) => {
    expect(deviceInWords(userAgent)).toBe(words);
  });

  it("G1: says nothing that it was told, whatever that was", () => {
    const parts = fc.constantFrom(
      "Firefox/",
      "Windows",
      "Chrome/",
      "<b>",
      "secret",
      "\n",
      " ",
      "0",
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (said) => {
        expect(deviceInWords(said.join(""))).toMatch(
          /^(?:An unknown browser|(?:A browser|Firefox|Chrome|Edge)(?: on Windows)?)$/,
        );
      }),
    );
  });

  it("takes no longer for text made to take long", () => {
    const text = "Version/1 ".repeat(30) + "Mobile/a".repeat(30);
    expect(deviceInWords(text)).toBe("An unknown browser");
  });
});
