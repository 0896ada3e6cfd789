import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseReport, type LearnChapter } from "./report.ts";

const fixture = readFileSync(new URL("../fixtures/report.json", import.meta.url), "utf8");

/** The fixture after a change, as text. */
function changed(change: (report: any) => void): string {
    const report = JSON.parse(fixture);
    change(report);
    return JSON.stringify(report);
}

describe("parseReport", () => {
    it("reads the fixture whole", () => {
        const report = parseReport(fixture);
        const chapter = report.chapters[0] as LearnChapter;
        expect(chapter.known).toBe(true);
        expect(chapter.data.classes).toHaveLength(9);
        expect(chapter.mistakes).toHaveLength(24);
        expect(chapter.model.kept_epoch).toBe(21);
    });
    it("keeps the head of a chapter that it does not know", () => {
        const report = parseReport(
            changed((r) => r.chapters.push({ kind: "atlas", title: "T", summary: "S", whatever: [1] })),
        );
        expect(report.chapters[1]).toEqual({ kind: "atlas", title: "T", summary: "S", known: false });
    });
    it("takes a null for what was not measured, and ignores fields that it does not know", () => {
        const report = parseReport(
            changed((r) => {
                r.extra = 1;
                r.chapters[0].history[3].validation_loss = null;
            }),
        );
        expect((report.chapters[0] as LearnChapter).history[3]?.validation_loss).toBeNull();
    });
    it.each<[string, (r: any) => void]>([
        ["the report has version 2, this page reads version 1", (r) => (r.version = 2)],
        ["report.version: missing, expected a number", (r) => delete r.version],
        ['seed: "7", expected a number', (r) => (r.seed = "7")],
        ["chapters: an object, expected a list", (r) => (r.chapters = {})],
        ["chapters[0].title: missing, expected a text", (r) => delete r.chapters[0].title],
        ["chapters[0].history: a list, expected a list of at least 1, not of 0", (r) => (r.chapters[0].history = [])],
        [
            "chapters[0].history[2].train_accuracy: 81, expected a number from 0 to 1",
            (r) => (r.chapters[0].history[2].train_accuracy = 81),
        ],
        [
            'chapters[0].data.classes[1].samples[0].image: "https://example.org/a.png", expected a data: URI of a picture',
            (r) => (r.chapters[0].data.classes[1].samples[0].image = "https://example.org/a.png"),
        ],
        [
            "chapters[0].result.confusion: a list, expected 9 rows, one a class, not 8",
            (r) => r.chapters[0].result.confusion.pop(),
        ],
        [
            "chapters[0].result.confusion[0]: a list, expected a sum of 33, the test pictures, not 34",
            (r) => r.chapters[0].result.confusion[0][0]++,
        ],
        ["chapters[0].mistakes[5]: 9, expected a class below 9", (r) => (r.chapters[0].mistakes[5].truth = 9)],
    ])("says: %s", (message, change) => {
        expect(() => parseReport(changed(change))).toThrow(message);
    });
    it("says when there is no report, or no JSON", () => {
        expect(() => parseReport(" \n")).toThrow("this page holds no report");
        expect(() => parseReport("{")).toThrow("the report is not valid JSON");
    });
});
