// The built page, opened from a file in Chromium as a reader would.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../tools/browser.mjs";
import { embedReport, opening } from "../tools/embed.mjs";

const template = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
const fixture = readFileSync(new URL("../fixtures/report.json", import.meta.url), "utf8");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "studio-"));
let browser: Browser;

beforeAll(async () => {
    browser = await launchBrowser();
});
afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
});

interface Opened {
    page: Page;
    /** What the console said, errors that nobody caught, and requests other than for the file itself. */
    troubles: string[];
}

let pages = 0;
async function open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const file = join(folder, `${pages++}.html`);
    writeFileSync(file, html);
    const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        reducedMotion: "reduce",
        ...options,
    });
    const page = await context.newPage();
    const troubles: string[] = [];
    const url = pathToFileURL(file).href;
    page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("request", (request) => {
        if (!request.url().startsWith("data:") && request.url().split("#")[0] !== url)
            troubles.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    return { page, troubles };
}

const filled = embedReport(template, fixture);
const withReport = (change: (report: any) => void) => {
    const report = JSON.parse(fixture);
    change(report);
    return embedReport(template, JSON.stringify(report));
};
const overflow = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe("the template", () => {
    it("has exactly one place for the report, and it is empty", () => {
        expect(template.split(opening)).toHaveLength(2);
        expect(template).toContain(`${opening}</script>`);
    });
    it("refers to no other file", () => {
        expect(template).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
    });
});

describe("the page", () => {
    it("shows every section, without a word in the console and without a request", async () => {
        const { page, troubles } = await open(filled);
        expect(await page.locator("h1").textContent()).toBe(
            "Data that cannot move, with hardly any labels, and a model you can look into.",
        );
        expect(await page.locator(".bar nav a").allTextContents()).toEqual([
            "Result",
            "Data",
            "Training",
            "Confusion",
            "Mistakes",
            "Model",
            "Your own",
        ]);
        expect(await page.locator(".part h3").count()).toBe(7);
        expect(await page.locator(".number").textContent()).toBe("80.5\u00a0%");
        expect(await page.locator(".interval").textContent()).toContain("between 76.2 and 84.2\u00a0%");
        expect(await page.locator(".class-rows tbody tr").count()).toBe(9);
        expect(await page.locator(".chart path.line:not(.kept)").count()).toBe(3 + 2);
        expect(await page.locator(".matrix button").count()).toBe(81);
        expect(await page.locator(".layers tbody tr").count()).toBe(10);
        expect(await page.locator(".layers tfoot").textContent()).toContain("242,345");
        expect(await page.locator(".steps li").count()).toBe(3);
        const broken = await page
            .locator("img")
            .evaluateAll((all) => all.filter((i) => !(i as HTMLImageElement).naturalWidth).length);
        expect(broken).toBe(0);
        expect(troubles).toEqual([]);
    });

    it("filters the pictures by class", async () => {
        const { page } = await open(filled);
        const chip = page.locator(".part.data .chip", { hasText: "Food & Drink" });
        await chip.click();
        expect(await chip.getAttribute("aria-pressed")).toBe("true");
        expect(await page.locator(".class-rows").count()).toBe(0);
        expect(await page.locator(".large li").count()).toBe(12);
        expect(await page.locator(".one-class p").textContent()).toMatch(/^Food & Drink \d+.pictures: 93 for training/);
        await page.locator(".part.data .chip", { hasText: "All classes" }).click();
        expect(await page.locator(".class-rows tbody tr").count()).toBe(9);
    });

    it("reads the curves under the pointer and by the arrow keys, in all charts at once", async () => {
        const { page } = await open(filled);
        const plots = page.locator(".plot");
        const tips = page.locator(".tip");
        expect(await tips.first().isVisible()).toBe(false);
        await plots.first().hover();
        expect(await tips.count()).toBe(3);
        const epochs = await tips.locator("b").allTextContents();
        expect(new Set(epochs).size).toBe(1);
        expect(epochs[0]).toMatch(/^Epoch 1[2-4]$/);
        await page.mouse.move(0, 0);
        expect(await tips.first().isVisible()).toBe(false);

        const slider = page.getByRole("slider", { name: "Loss by epoch" });
        await slider.focus();
        await page.keyboard.press("Home");
        await page.keyboard.press("ArrowRight");
        const second = JSON.parse(fixture).chapters[0].history[1];
        expect(await slider.getAttribute("aria-valuenow")).toBe("2");
        expect(await slider.getAttribute("aria-valuetext")).toBe(
            `epoch 2: training ${Number(second.train_loss.toPrecision(3))}, validation ${Number(second.validation_loss.toPrecision(3))}`,
        );
        expect(await tips.last().textContent()).toContain("Epoch 2");
        await page.keyboard.press("End");
        expect(await slider.getAttribute("aria-valuenow")).toBe("24");
    });

    it("draws a gap where nothing was measured, and no chart where nothing ever was", async () => {
        const { page, troubles } = await open(
            withReport((r) => {
                for (const epoch of r.chapters[0].history) epoch.learning_rate = null;
                r.chapters[0].history[5].train_loss = null;
            }),
        );
        expect(await page.locator(".chart").count()).toBe(2);
        const d = await page.locator(".plot").first().locator("path.line.train").first().getAttribute("d");
        expect(d?.match(/M/g)).toHaveLength(2);
        expect(d).not.toContain("NaN");
        expect(troubles).toEqual([]);
    });

    it("shows the mistakes of a cell of the matrix, and all of them again", async () => {
        const { page } = await open(filled);
        const cards = page.locator(".card");
        expect(await cards.count()).toBe(12);
        await page.locator(".more").click();
        expect(await cards.count()).toBe(24);
        const [truth, predicted] = await cards.first().evaluate((c) => [c.dataset.truth, c.dataset.predicted]);
        const cell = page.locator(`.matrix button[data-truth="${truth}"][data-predicted="${predicted}"]`);
        await cell.hover();
        expect(await page.locator(".matrix th.on").count()).toBe(2);
        expect(await page.locator(".reading-line b").textContent()).toMatch(/%$/);
        await cell.click();
        expect(await cell.getAttribute("aria-pressed")).toBe("true");
        const shown = await cards.evaluateAll((all) => all.map((c) => [c.dataset.truth, c.dataset.predicted]));
        expect(shown.length).toBeGreaterThan(0);
        expect(shown.every(([t, p]) => t === truth && p === predicted)).toBe(true);
        await page.locator(".clear").click();
        expect(await cards.count()).toBe(24);
        expect(await cell.getAttribute("aria-pressed")).toBe("false");
    });

    it("shows the right answers for a cell of the diagonal", async () => {
        const { page } = await open(filled);
        await page.locator('.matrix button[data-truth="3"][data-predicted="3"]').click();
        expect(await page.locator(".card").count()).toBe(1);
        expect(await page.locator(".card li.right .label").textContent()).toBe("Food & Drink");
        expect(await page.locator(".filter-line").textContent()).toContain("recognised: 20\u00a0test pictures");
    });

    it("walks through the matrix by the arrow keys with a single tab stop", async () => {
        const { page } = await open(filled);
        expect(await page.locator('.matrix button[tabindex="0"]').count()).toBe(1);
        await page.locator('.matrix button[tabindex="0"]').focus();
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowRight");
        const place = () => page.evaluate(() => ({ ...(document.activeElement as HTMLElement).dataset }));
        expect(await place()).toEqual({ truth: "1", predicted: "2" });
        await page.keyboard.press("End");
        await page.keyboard.press("ArrowRight");
        expect(await place()).toEqual({ truth: "1", predicted: "8" });
        expect(await page.locator('.matrix button[tabindex="0"]').count()).toBe(1);
    });

    it("follows the system's colours until the reader chooses, and remembers the choice", async () => {
        const { page } = await open(filled, { colorScheme: "dark" });
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const dark = await ground();
        const button = page.locator("button.theme");
        expect(await button.getAttribute("aria-label")).toBe("Switch to light colours");
        await button.click();
        const light = await ground();
        expect(light).not.toBe(dark);
        await page.reload();
        expect(await ground()).toBe(light);
        await page.locator("button.theme").click();
        expect(await ground()).toBe(dark);
    });

    it("copies a command", async () => {
        const { page } = await open(filled);
        await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.getByRole("button", { name: "Copy the command: Train" }).click();
        await page.locator(".copy", { hasText: "Copied" }).waitFor();
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
            "cotangent train --data images:DIR --out model.safetensors",
        );
    });

    it.each([320, 390, 600, 720, 768, 1024, 1440])("has no sideways scroll at %i pixels", async (width) => {
        const { page } = await open(filled, { viewport: { width, height: 844 } });
        expect(await overflow(page)).toBe(0);
        await page.locator("details summary").click();
        await page.locator(".part.data .chip").nth(2).click();
        expect(await overflow(page)).toBe(0);
    });

    it.each(["light", "dark"] as const)(
        "meets WCAG 2.2 AA in %s colours, as far as axe can tell",
        async (colorScheme) => {
            for (const width of [390, 1280]) {
                const { page } = await open(filled.replace(/<meta http-equiv[^>]+>/, ""), {
                    colorScheme,
                    viewport: { width, height: 900 },
                });
                await page.locator(".plot").first().hover();
                await page.locator("details summary").click();
                await page.evaluate(axe);
                const violations = await page.evaluate(async () => {
                    const result = await (window as any).axe.run(document, {
                        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                    });
                    return result.violations.flatMap((v: any) =>
                        v.nodes.map((n: any) => `${v.id}: ${n.target} ${n.failureSummary}`),
                    );
                });
                expect(violations).toEqual([]);
            }
        },
    );
});

describe("reports that differ", () => {
    it("show chapters of an unknown kind by title and summary, and list the chapters at the top", async () => {
        const { page, troubles } = await open(
            withReport((r) =>
                r.chapters.push({ kind: "atlas", title: "What the network sees", summary: "An atlas.", tiles: 3 }),
            ),
        );
        expect(await page.locator(".bar nav a").allTextContents()).toEqual(["1 Learn", "2 Atlas"]);
        expect(await page.locator(".sections a").count()).toBe(7);
        const second = page.locator(".chapter").nth(1);
        expect(await second.locator("h2").textContent()).toBe("What the network sees");
        expect(await second.locator(".lead").textContent()).toBe("An atlas.");
        expect(await second.locator(".unknown").textContent()).toContain("“atlas”");
        expect(troubles).toEqual([]);
    });

    it("show text as text, whatever it holds", async () => {
        const evil =
            "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\"><!--";
        const { page, troubles } = await open(
            withReport((r) => {
                r.notice = evil;
                r.chapters[0].mistakes[0].picture.name = evil;
                r.chapters[0].data.classes[0].name = evil;
            }),
        );
        expect(await page.title()).toBe("The tour · Cotangent");
        expect(await page.locator(".notice").textContent()).toBe(evil);
        expect(troubles).toEqual([]);
    });

    it("may have two classes, one epoch, and no pictures", async () => {
        const { page, troubles } = await open(
            withReport((r) => {
                const c = r.chapters[0];
                c.data.classes = ["cat", "dog"].map((name) => ({
                    name,
                    train: 2,
                    validation: 0,
                    test: 1,
                    samples: [],
                }));
                delete c.data.augmented;
                c.result = {
                    confusion: [
                        [1, 0],
                        [1, 0],
                    ],
                    top3_correct: 2,
                };
                c.history = [{ ...c.history[0], validation_loss: null, validation_accuracy: null }];
                delete c.model.kept_epoch;
                c.mistakes = c.right = c.your_own = [];
            }),
        );
        expect(await page.locator(".number").textContent()).toBe("50.0\u00a0%");
        expect(await page.locator("body").textContent()).not.toMatch(/NaN|undefined|Infinity/);
        expect(await page.locator(".plot svg").first().innerHTML()).not.toContain("NaN");
        expect(troubles).toEqual([]);
    });
});

describe("a page without a good report", () => {
    it.each([
        ["none", template, "This page holds no report."],
        ["broken JSON", embedReport(template, '{"version": 1,'), "The report is not valid JSON"],
        [
            "a field of the wrong kind",
            withReport((r) => (r.chapters[0].history = 3)),
            "Chapters[0].history: 3, expected a list.",
        ],
        ["a newer version", withReport((r) => (r.version = 9)), "The report has version 9, this page reads version 1."],
    ])("says so: %s", async (_, html, message) => {
        const { page, troubles } = await open(html, { viewport: { width: 390, height: 800 } });
        expect(await page.locator("h1").textContent()).toBe("There is no report to show");
        expect(await page.getByRole("alert").textContent()).toContain(message);
        expect(await page.locator("main").textContent()).toContain("cotangent tour");
        expect(await overflow(page)).toBe(0);
        expect(troubles).toEqual([]);
    });
});
