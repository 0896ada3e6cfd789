import { h } from "../dom.ts";
import { count, percent } from "../format.ts";
import type { LearnChapter } from "../report.ts";
import { classScores, wilson, type Interval } from "../statistics.ts";

/** Precision and recall of every class, with their 95 % intervals. */
export function scoreTable({ data, result }: LearnChapter): HTMLElement {
    const scores = classScores(result.confusion);
    return h(
        "div",
        { class: "scores" },
        h("h4", {}, "Class by class"),
        h(
            "p",
            { class: "text" },
            "Recall: of the pictures of a class, how many are recognised. Precision: of the pictures taken for a class, how ",
            "many are of it. The whiskers are 95 % confidence intervals: few pictures, wide whiskers.",
        ),
        h(
            "table",
            { class: "plain" },
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    h("th", { scope: "col" }, "Class"),
                    h("th", { scope: "col", class: "n wide" }, "Test pictures"),
                    ...["Recall", "Precision"].map((name) =>
                        h("th", { scope: "col" }, h("span", { class: "meter" }, h("span", { class: "value" }, name))),
                    ),
                ),
            ),
            h(
                "tbody",
                {},
                ...scores.map((score, c) =>
                    h(
                        "tr",
                        {},
                        h("th", { scope: "row" }, data.classes[c]?.name),
                        h("td", { class: "n wide" }, count(score.actual)),
                        meter(score.recall, wilson(score.correct, score.actual)),
                        meter(score.precision, wilson(score.correct, score.predicted)),
                    ),
                ),
            ),
        ),
    );
}

function meter(share: number | null, interval: Interval): HTMLElement {
    if (share === null) return h("td", {}, h("span", { class: "meter" }, h("span", { class: "value" }, "no pictures")));
    return h(
        "td",
        { title: `${percent(interval.low)} to ${percent(interval.high)}` },
        h(
            "span",
            { class: "meter" },
            h("span", { class: "value" }, percent(share)),
            h(
                "span",
                { class: "track", "aria-hidden": "true" },
                h("span", { class: "fill", style: `--share:${share * 100}%` }),
                h("span", { class: "whisker", style: `--low:${interval.low * 100}%;--high:${interval.high * 100}%` }),
            ),
        ),
    );
}
