export interface Interval {
    low: number;
    high: number;
}

/** The 0.975 quantile of the normal distribution: two-sided 95 %. */
const z95 = 1.959963984540054;

/**
 * Wilson's score interval for a share, 95 %: unlike value +- 1.96 standard errors it stays within 0 and 1 and is right
 * for small counts and shares near the ends. No pictures: anything is possible, so 0 to 1.
 * Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
 */
export function wilson(successes: number, total: number, z = z95): Interval {
    if (total === 0) return { low: 0, high: 1 };
    const p = successes / total;
    const scale = 1 + (z * z) / total;
    const centre = (p + (z * z) / (2 * total)) / scale;
    const half = (z * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total))) / scale;
    return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export interface ClassScore {
    /** Pictures of this class, pictures taken for it, and pictures that are both. */
    actual: number;
    predicted: number;
    correct: number;
    /** correct / predicted and correct / actual; null where there is nothing to divide by. */
    precision: number | null;
    recall: number | null;
}

/** Reads confusion[truth][predicted] class by class. */
export function classScores(confusion: number[][]): ClassScore[] {
    return confusion.map((row, c) => {
        const actual = sum(row);
        const predicted = sum(confusion.map((other) => other[c] ?? 0));
        const correct = row[c] ?? 0;
        return {
            actual,
            predicted,
            correct,
            precision: predicted === 0 ? null : correct / predicted,
            recall: actual === 0 ? null : correct / actual,
        };
    });
}

export function sum(numbers: number[]): number {
    return numbers.reduce((total, n) => total + n, 0);
}
