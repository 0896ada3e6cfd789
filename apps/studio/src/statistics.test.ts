import { describe, expect, it } from "vitest";
import { classScores, wilson } from "./statistics.ts";

describe("wilson", () => {
    // Found without the closed form: bisection in Python 3.11 for |share - p| = z sqrt(p (1 - p) / n) below and above the
    // share, with z = statistics.NormalDist().inv_cdf(0.975).
    it.each([
        [8, 10, 0.490162472, 0.943317849],
        [302, 375, 0.7622466, 0.842227897],
        [0, 20, 0, 0.161125158],
    ])("of %i in %i is the known interval", (successes, total, low, high) => {
        const interval = wilson(successes, total);
        expect(interval.low).toBeCloseTo(low, 8);
        expect(interval.high).toBeCloseTo(high, 8);
    });
    it("solves |share - p| = z sqrt(p (1 - p) / n) at both ends", () => {
        for (const [successes, total] of [
            [1, 7],
            [33, 34],
            [50, 400],
            [999, 1000],
        ] as const) {
            const { low, high } = wilson(successes, total);
            for (const p of [low, high])
                expect(Math.abs(successes / total - p)).toBeCloseTo(
                    1.959963984540054 * Math.sqrt((p * (1 - p)) / total),
                    10,
                );
        }
    });
    it("mirrors when right and wrong change places", () => {
        const one = wilson(3, 17);
        const other = wilson(14, 17);
        expect(one.low).toBeCloseTo(1 - other.high, 12);
        expect(one.high).toBeCloseTo(1 - other.low, 12);
    });
    it("knows nothing without pictures", () => {
        expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    });
});

describe("classScores", () => {
    it("reads recall along rows and precision down columns", () => {
        const [a, b] = classScores([
            [8, 2],
            [4, 6],
        ]);
        expect(a).toEqual({ actual: 10, predicted: 12, correct: 8, precision: 8 / 12, recall: 0.8 });
        expect(b).toEqual({ actual: 10, predicted: 8, correct: 6, precision: 0.75, recall: 0.6 });
    });
    it("has no recall without pictures and no precision without predictions", () => {
        const [a, b] = classScores([
            [0, 0],
            [5, 0],
        ]);
        expect(a).toMatchObject({ recall: null, precision: 0 });
        expect(b).toMatchObject({ recall: 0, precision: null });
    });
});
