export type Scale = (value: number) => number;

/** Maps [from, to] to [start, end] linearly; an empty domain goes to the middle. */
export function linear([from, to]: [number, number], [start, end]: [number, number]): Scale {
    if (from === to) return () => (start + end) / 2;
    return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** About `wanted` round numbers (1, 2 or 5 times a power of ten apart) that cover [from, to]. */
export function niceTicks(from: number, to: number, wanted = 5): number[] {
    if (!(to > from)) return [from];
    const rough = (to - from) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5, 10].find((n) => n * power >= rough * (1 - 1e-9)) ?? 10);
    const first = Math.floor(from / step + 1e-9);
    const last = Math.ceil(to / step - 1e-9);
    // A product, not a running sum: 3 * 0.1 is rounded once. toPrecision() drops that rounding too.
    return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Whole numbers of `niceTicks` inside [from, to], always with both ends: for epochs. */
export function wholeTicks(from: number, to: number, wanted = 6): number[] {
    const gap = (to - from) / wanted;
    const inner = niceTicks(from, to, wanted).filter(
        (t) => Number.isInteger(t) && t - from > gap * 0.6 && to - t > gap * 0.6,
    );
    return [...new Set([from, ...inner, to])];
}
