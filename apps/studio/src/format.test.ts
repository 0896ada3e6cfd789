import { describe, expect, it } from "vitest";
import { count, duration, moment, percent, plural, shape, significant, slug } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("format", () => {
    it("groups thousands", () => expect(count(1235496)).toBe("1,235,496"));
    it("adds an s to every number but one", () => {
        expect([0, 1, 2000].map((n) => plain(plural(n, "picture")))).toEqual([
            "0 pictures",
            "1 picture",
            "2,000 pictures",
        ]);
    });
    it.each([
        [0.8134, "81.3 %"],
        [1, "100 %"],
        [0, "0 %"],
        [0.99999, "99.9 %"],
        [0.00001, "0.1 %"],
    ])("shows the share %d without rounding it to all or nothing", (share, text) => {
        expect(plain(percent(share))).toBe(text);
    });
    it.each([
        [3.21, "3.2 s"],
        [59.6, "1 min"],
        [75, "1 min 15 s"],
        [7320, "2 h 2 min"],
    ])("shows %d seconds", (seconds, text) => expect(plain(duration(seconds))).toBe(text));
    it.each([
        [0.6931, "0.693"],
        [0.00213, "0.00213"],
        [1.5e-7, "1.5e-7"],
        [12345678, "1.23e7"],
        [0, "0"],
    ])("keeps three digits of %d", (value, text) => expect(significant(value)).toBe(text));
    it("writes shapes with a cross", () => expect(plain(shape([32, 32, 3]))).toBe("32 × 32 × 3"));
    it("writes moments in UTC, and what it cannot read as it is", () => {
        expect(moment("2019-03-06T10:15:00Z")).toBe("6 March 2019, 10:15 UTC");
        expect(moment("yesterday")).toBe("yesterday");
    });
    it("makes ids of names", () => expect(slug("Travel & Places")).toBe("travel-places"));
});
