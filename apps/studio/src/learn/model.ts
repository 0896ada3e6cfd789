import { h } from "../dom.ts";
import { count, plural, shape } from "../format.ts";
import type { LearnModel } from "../report.ts";
import { sum } from "../statistics.ts";

/** The layers from input to output, and where the parameters are. */
export function modelTable({ layers, optimizer, batch_size }: LearnModel): HTMLElement {
    const total = sum(layers.map(({ parameters }) => parameters));
    const most = Math.max(1, ...layers.map(({ parameters }) => parameters));
    return h(
        "div",
        {},
        h(
            "p",
            { class: "text" },
            `${plural(total, "parameter")} in ${plural(layers.length, "step")}. Trained with ${optimizer}, `,
            `${plural(batch_size, "picture")} a batch.`,
        ),
        h(
            "table",
            { class: "plain layers" },
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    h("th", { scope: "col" }, "Step"),
                    h("th", { scope: "col", class: "wide" }, "Field"),
                    h("th", { scope: "col", class: "n" }, "Output"),
                    h("th", { scope: "col", class: "n" }, "Parameters"),
                    h("td", { class: "wide" }),
                ),
            ),
            h(
                "tbody",
                {},
                ...layers.map(({ name, what, output, parameters }) =>
                    h(
                        "tr",
                        {},
                        h("th", { scope: "row" }, what),
                        h("td", { class: "wide" }, name ? h("code", {}, name) : ""),
                        h("td", { class: "n" }, shape(output)),
                        h("td", { class: "n" }, parameters === 0 ? "–" : count(parameters)),
                        h(
                            "td",
                            { class: "wide share", "aria-hidden": "true" },
                            parameters > 0 &&
                                h("span", { class: "fill", style: `--share:${(parameters / most) * 100}%` }),
                        ),
                    ),
                ),
            ),
            h(
                "tfoot",
                {},
                h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, "Together"),
                    h("td", { class: "wide" }),
                    h("td", {}),
                    h("td", { class: "n" }, count(total)),
                    h("td", { class: "wide" }),
                ),
            ),
        ),
    );
}
