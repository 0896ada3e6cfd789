// Takes a picture of a page, for README and for looking at it:
//
//     node tools/screenshot.mjs FILE.html OUT.png [--dark] [--width N] [--height N] [--scale N] [--report FILE.json]
//
// --height N   only the first N pixels of the page; without it, all of it
// --report     puts this report into FILE.html (a built template) first
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { launchBrowser } from "./browser.mjs";
import { embedReport } from "./embed.mjs";

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        dark: { type: "boolean", default: false },
        width: { type: "string", default: "1280" },
        height: { type: "string" },
        scale: { type: "string", default: "1" },
        report: { type: "string" },
    },
});
const [file, out] = positionals;
if (!file || !out) {
    console.error(
        "usage: screenshot.mjs FILE.html OUT.png [--dark] [--width N] [--height N] [--scale N] [--report FILE.json]",
    );
    process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "screenshot-"));
const browser = await launchBrowser();
try {
    let shown = resolve(file);
    if (values.report) {
        shown = join(folder, "index.html");
        writeFileSync(shown, embedReport(readFileSync(file, "utf8"), readFileSync(values.report, "utf8")));
    }
    const width = Number(values.width);
    const page = await browser.newPage({
        viewport: { width, height: values.height ? Number(values.height) : 900 },
        deviceScaleFactor: Number(values.scale),
        colorScheme: values.dark ? "dark" : "light",
        reducedMotion: "reduce",
    });
    await page.goto(pathToFileURL(shown).href);
    await page.waitForFunction(() => document.querySelector("#page")?.childElementCount);
    await page.screenshot({ path: out, fullPage: !values.height });
} finally {
    await browser.close();
    rmSync(folder, { recursive: true });
}
