import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Somebody at a browser of their own, and everything that went wrong on their screen. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Mistakes in scripts, violations of the content security policy, requests to anybody but the house; empty when all is well. */
  readonly problems: string[];
  close(): Promise<void>;
}

interface VisitorOptions {
  readonly viewport?: { width: number; height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** `name=value`: comes in signed in. */
  readonly cookie?: string;
  /** Names that are the house's as well; one that begins with a dot, with all under it. */
  readonly alsoInside?: readonly string[];
}

export const desktop = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };

/** Debian's Chromium, offline but for the loopback addresses that `*.localhost` means. */
export function startBrowser(
  options: {
    /** Its home folder, with the authorities that it trusts beside the usual. */
    readonly home?: string;
    /** Where names lead to, as Chromium's `--host-resolver-rules` has it. */
    readonly resolve?: string;
  } = {},
): Promise<Browser> {
  const { home, resolve } = options;
  return chromium.launch({
    executablePath: '/usr/bin/chromium-headless-shell',
    ...(home !== undefined && { env: { PATH: process.env.PATH ?? '', HOME: home } }),
    args: [
      ...(resolve ? [`--host-resolver-rules=${resolve}`] : []),
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens a browser window of its own: nothing is shared with other visitors. */
export async function openVisitor(browser: Browser, url: string, options: VisitorOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: options.viewport ?? desktop,
    colorScheme: options.colorScheme ?? 'light',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(10_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  if (options.cookie) {
    const [name = '', value = ''] = options.cookie.split('=');
    await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Lax' }]);
  }
  // Said by the browser itself where the policy refused something, also where the console stays silent.
  await context.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => console.error('refused by policy: ' + event.violatedDirective + ' ' + event.blockedURI))`,
  );
  const page = await context.newPage();
  const problems: string[] = [];
  const house = new URL(url).port;
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // What was refused by its status is each test's own to judge.
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) problems.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    const asked = new URL(request.url());
    const inside = asked.port === house && isInside(asked.hostname, options.alsoInside ?? []);
    if (/^(http|ws)s?:$/.test(asked.protocol) && !inside) problems.push(`outside: ${request.url()}`);
  });
  return { page, context, problems, close: () => context.close() };
}

function isInside(host: string, also: readonly string[]): boolean {
  return (
    /(^|\.)localhost$/.test(host) || also.some((name) => (name.startsWith('.') ? host.endsWith(name) : host === name))
  );
}
