import { h } from "../dom.ts";
import { count, percent, percentNumber, plural } from "../format.ts";
import type { LearnChapter } from "../report.ts";
import { classScores, sum, wilson, type Interval } from "../statistics.ts";

/** The one number, what it means, and bars that set it beside what needs no learning. */
export function headline({ data, result }: LearnChapter): HTMLElement {
    const scores = classScores(result.confusion);
    const tests = sum(scores.map(({ actual }) => actual));
    const correct = sum(scores.map((score) => score.correct));
    const accuracy = tests === 0 ? 0 : correct / tests;
    const interval = wilson(correct, tests);
    // The class to bet on is chosen from what training has seen, and judged on the test pictures like the model.
    const largest = data.classes.reduce((best, c, i) => (c.train > (data.classes[best]?.train ?? 0) ? i : best), 0);
    const majority = tests === 0 ? 0 : (data.classes[largest]?.test ?? 0) / tests;
    const top3 = tests === 0 ? 0 : result.top3_correct / tests;

    return h(
        "div",
        { class: "headline" },
        h(
            "div",
            { class: "claim" },
            h("p", { class: "number" }, percentNumber(accuracy), h("span", {}, "\u00a0%")),
            h(
                "p",
                { class: "meaning" },
                `of the test pictures were put into the right one of ${data.classes.length} classes: ${count(correct)} of `,
                `${plural(tests, "picture")} that the network had never seen.`,
            ),
            h(
                "p",
                { class: "interval" },
                `With so many pictures, the true share is between ${percentNumber(interval.low)} and ${percent(interval.high)} `,
                "(95 % confidence, Wilson).",
            ),
        ),
        h(
            "figure",
            { class: "bars" },
            h(
                "dl",
                {},
                ...bar("The network", accuracy, "main", interval),
                ...bar("Right class among its first three", top3, "top3", wilson(result.top3_correct, tests)),
                ...bar(`Always “${data.classes[largest]?.name}”`, majority, "base"),
                ...bar("Guessing blindly", 1 / data.classes.length, "base"),
            ),
            h("figcaption", {}, "Share of test pictures; the whiskers are 95 % confidence intervals."),
        ),
    );
}

function bar(label: string, share: number, kind: string, interval?: Interval): HTMLElement[] {
    const across = interval ? `--low:${interval.low * 100}%;--high:${interval.high * 100}%` : "";
    return [
        h("dt", { class: kind }, label),
        h(
            "dd",
            { class: kind },
            h(
                "span",
                { class: "track", "aria-hidden": "true" },
                h("span", { class: "fill", style: `--share:${share * 100}%` }),
                interval &&
                    h(
                        "span",
                        { class: "whisker", style: across },
                        kind === "main" && h("i", {}, percentNumber(interval.low)),
                        kind === "main" && h("i", {}, percentNumber(interval.high)),
                    ),
            ),
            h("span", { class: "value" }, percent(share)),
        ),
    ];
}
