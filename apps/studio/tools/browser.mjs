import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Debian's Chromium, or the one that CHROMIUM names. Tests never download a browser. */
export const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts it without anything that would go to the network on its own account. */
export function launchBrowser() {
    if (!existsSync(browserPath))
        throw new Error(`browser: ${browserPath} does not exist; install Debian's chromium or set CHROMIUM`);
    return chromium.launch({
        executablePath: browserPath,
        args: [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--font-render-hinting=none",
        ],
    });
}
