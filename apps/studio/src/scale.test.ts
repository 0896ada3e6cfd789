import { describe, expect, it } from "vitest";
import { linear, niceTicks, wholeTicks } from "./scale.ts";

describe("linear", () => {
    it("maps ends to ends and the rest between, in either direction", () => {
        const y = linear([0, 2], [200, 0]);
        expect([y(0), y(0.5), y(2)]).toEqual([200, 150, 0]);
    });
    it("puts an empty domain in the middle", () => {
        expect(linear([3, 3], [0, 10])(3)).toBe(5);
    });
});

describe("niceTicks", () => {
    it.each([
        [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
        [0, 2.13, 5, [0, 0.5, 1, 1.5, 2, 2.5]],
        [0, 0.002, 2, [0, 0.001, 0.002]],
        [-1.5, 3, 5, [-2, -1, 0, 1, 2, 3]],
    ])("from %d to %d", (from, to, wanted, ticks) => {
        expect(niceTicks(from, to, wanted)).toEqual(ticks);
    });
    it("covers what it is given, at every size", () => {
        for (let power = -8; power <= 8; power++)
            for (const to of [1, 1.3, 2.7, 5.5, 9.9]) {
                const ticks = niceTicks(0, to * 10 ** power);
                expect(ticks[0]).toBe(0);
                expect(ticks.at(-1)).toBeGreaterThanOrEqual(to * 10 ** power);
                expect(ticks.length).toBeLessThanOrEqual(8);
            }
    });
    it("is a single tick where there is no range", () => {
        expect(niceTicks(4, 4)).toEqual([4]);
    });
});

describe("wholeTicks", () => {
    it("always holds the first and the last epoch", () => {
        expect(wholeTicks(1, 24)).toEqual([1, 5, 10, 15, 20, 24]);
        expect(wholeTicks(1, 2)).toEqual([1, 2]);
        expect(wholeTicks(1, 1)).toEqual([1]);
    });
});
