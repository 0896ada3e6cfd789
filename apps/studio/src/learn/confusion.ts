import { h, type State } from "../dom.ts";
import { percent, plural } from "../format.ts";
import type { LearnChapter } from "../report.ts";
import { sum } from "../statistics.ts";
import type { Pair } from "./chapter.ts";
import { thumbnail } from "./data.ts";

/** Counts of (truth, predicted). A cell is a button: it filters the gallery; the arrow keys walk from cell to cell. */
export function confusionMatrix(chapter: LearnChapter, chosen: State<Pair | null>, galleryId: string): HTMLElement {
    const { classes } = chapter.data;
    const { confusion } = chapter.result;
    const totals = confusion.map(sum);
    const share = (t: number, p: number) => (confusion[t]?.[p] ?? 0) / Math.max(1, totals[t] ?? 0);
    const largestMistake = Math.max(
        1e-9,
        ...confusion.flatMap((row, t) => row.map((_, p) => (t === p ? 0 : share(t, p)))),
    );
    const name = (c: number) => classes[c]?.name ?? "";
    const icon = (c: number) => {
        const first = classes[c]?.samples[0];
        return first && thumbnail(first, "");
    };

    const reading = h("p", { class: "reading-line" });
    const say = (t: number, p: number) => {
        const of = `${confusion[t]?.[p] ?? 0} of ${plural(totals[t] ?? 0, "picture")} of ${name(t)}`;
        return t === p ? `${of} recognised` : `${of} taken for ${name(p)}`;
    };
    const cells: HTMLButtonElement[][] = [];
    const columnHeads: HTMLElement[] = classes.map((_, p) =>
        h("th", { scope: "col" }, h("span", { class: "turned" }, name(p)), icon(p)),
    );
    const rowHeads: HTMLElement[] = classes.map((_, t) =>
        h("th", { scope: "row" }, h("div", {}, h("span", {}, name(t)), icon(t))),
    );

    const point = (pair: Pair | null) => {
        rowHeads.forEach((head, t) => head.classList.toggle("on", t === pair?.truth));
        columnHeads.forEach((head, p) => head.classList.toggle("on", p === pair?.predicted));
        cells.forEach((row, t) =>
            row.forEach((cell, p) =>
                cell.classList.toggle("on", pair !== null && (t === pair.truth) !== (p === pair.predicted)),
            ),
        );
        reading.replaceChildren(
            ...(pair
                ? [h("b", {}, percent(share(pair.truth, pair.predicted))), say(pair.truth, pair.predicted)]
                : ["Point at a cell to read it; choose it to see its pictures."]),
        );
    };
    const choose = (pair: Pair) => {
        const now = chosen.get();
        const again = now?.truth === pair.truth && now.predicted === pair.predicted;
        chosen.set(again ? null : pair);
        if (!again) document.getElementById(galleryId)?.scrollIntoView({ block: "start" });
    };

    classes.forEach((_, t) => {
        cells[t] = classes.map((__, p) => {
            const n = confusion[t]?.[p] ?? 0;
            const right = t === p;
            // The square root keeps the few-percent cells apart; right and wrong have a scale each.
            const depth = n === 0 ? 0 : right ? share(t, p) : 0.12 + 0.88 * Math.sqrt(share(t, p) / largestMistake);
            return h(
                "button",
                {
                    type: "button",
                    class: n === 0 ? "none" : right ? "right" : "wrong",
                    style: `--depth:${(depth * 100).toFixed(1)}%`,
                    tabindex: t === 0 && p === 0 ? 0 : -1,
                    "aria-label": `${say(t, p)}, ${percent(share(t, p))}`,
                    "data-truth": t,
                    "data-predicted": p,
                    onclick: () => choose({ truth: t, predicted: p }),
                    onpointerenter: () => point({ truth: t, predicted: p }),
                    onfocus: () => point({ truth: t, predicted: p }),
                },
                n === 0 ? "·" : n,
            );
        });
    });
    chosen.watch((pair) => {
        cells.forEach((row, t) =>
            row.forEach((cell, p) =>
                cell.setAttribute("aria-pressed", String(pair?.truth === t && pair.predicted === p)),
            ),
        );
        point(pair);
    });

    const corner = h(
        "td",
        { class: "corner" },
        h("span", { "aria-hidden": "true" }, "Predicted →"),
        h("span", { "aria-hidden": "true" }, "Truth ↓"),
    );
    const table = h(
        "table",
        {
            class: "matrix",
            onpointerleave: () => point(chosen.get()),
            onkeydown: (event: KeyboardEvent) => walk(event, cells),
        },
        h("caption", { class: "unseen" }, "Confusion matrix: rows are the true classes, columns the predicted ones"),
        h("thead", {}, h("tr", {}, corner, ...columnHeads)),
        h("tbody", {}, ...cells.map((row, t) => h("tr", {}, rowHeads[t], ...row.map((cell) => h("td", {}, cell))))),
    );
    return h(
        "div",
        {},
        h(
            "p",
            { class: "text" },
            "Each row holds the test pictures of one class; the columns say what the network took them for. ",
            "The diagonal is right. The stronger its colour, the larger a cell’s share of its row.",
        ),
        h(
            "div",
            { class: "matrix-frame", style: `--classes:${classes.length}` },
            table,
            h(
                "div",
                { class: "matrix-side" },
                reading,
                h(
                    "ul",
                    { class: "legend" },
                    h("li", {}, h("span", { class: "ramp right" }), "right"),
                    h("li", {}, h("span", { class: "ramp wrong" }), "wrong"),
                ),
            ),
        ),
    );
}

/** One tab stop for the whole matrix; arrow keys move within it. */
function walk(event: KeyboardEvent, cells: HTMLButtonElement[][]): void {
    const from = event.target as HTMLElement;
    const t = Number(from.dataset.truth);
    const p = Number(from.dataset.predicted);
    const last = cells.length - 1;
    const to: [number, number] | undefined = {
        ArrowRight: [t, p + 1] as [number, number],
        ArrowLeft: [t, p - 1] as [number, number],
        ArrowDown: [t + 1, p] as [number, number],
        ArrowUp: [t - 1, p] as [number, number],
        Home: [t, 0] as [number, number],
        End: [t, last] as [number, number],
    }[event.key];
    const next = to && cells[to[0]]?.[to[1]];
    if (!to) return;
    event.preventDefault();
    if (!next) return;
    from.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
}
