/** A real browser, from npm alone. `FORETOP_CHROMIUM` names another one. */
import chromium from "@sparticuz/chromium";
import playwright, { type Browser, type BrowserContext, type Page } from "playwright-core";

/** The widths that the page has to look right at: a phone, a tablet, a desk. */
export const WIDTHS = [360, 768, 1440] as const;

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env["FORETOP_CHROMIUM"] ?? (await chromium.executablePath());
  // Not the package's own arguments: they switch web security off, and that is among what is tested.
  return playwright.chromium.launch({ executablePath, args: ["--no-sandbox", "--no-zygote", "--disable-gpu", "--headless=shell"] });
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** console errors and warnings, exceptions, violations of the content security policy, failed requests */
  readonly complaints: string[];
}

/** One window of its own, far from the data's zone so that a mix-up of zones shows. */
export async function visit(browser: Browser, url: string, { width = 1440, colorScheme = "light" }: { width?: number; colorScheme?: "light" | "dark" } = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: "en-US", timezoneId: "America/New_York", colorScheme });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // The tests themselves read charts back pixel by pixel, which the browser finds slow.
    if (message.text().startsWith("Canvas2D: Multiple readback")) return;
    if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // A page that is left aborts what it was asking.
    if (reason !== "net::ERR_ABORTED") complaints.push(`request failed: ${request.url()} ${reason}`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => console.error(`policy: ${violatedDirective} ${blockedURI}`));
  });
  await page.goto(url);
  return {
    page,
    context,
    complaints,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
