import { h, s, state, type State } from "../dom.ts";
import { duration, percent, significant } from "../format.ts";
import type { Epoch, LearnChapter } from "../report.ts";
import { linear, niceTicks, wholeTicks } from "../scale.ts";
import { sum } from "../statistics.ts";

interface Line {
    name: string;
    kind: "train" | "validation" | "rate";
    values: (number | null)[];
}

interface Chart {
    title: string;
    lines: Line[];
    format: (value: number) => string;
    /** Its largest tick, where that is known; otherwise the data decide. */
    top?: number;
    wanted?: number;
    height: number;
}

/** Loss, accuracy and learning rate by epoch. Pointing at an epoch in one chart reads it in all of them. */
export function curves({ history, model }: LearnChapter): HTMLElement {
    const pointed = state<number | null>(null);
    const column = (of: (epoch: Epoch) => number | null) => history.map(of);
    const charts: Chart[] = [
        {
            title: "Loss",
            lines: [
                { name: "training", kind: "train", values: column((e) => e.train_loss) },
                { name: "validation", kind: "validation", values: column((e) => e.validation_loss) },
            ],
            format: significant,
            height: 260,
        },
        {
            title: "Accuracy",
            lines: [
                { name: "training", kind: "train", values: column((e) => e.train_accuracy) },
                { name: "validation", kind: "validation", values: column((e) => e.validation_accuracy) },
            ],
            format: (share) => percent(share),
            top: 1,
            height: 260,
        },
        {
            title: "Learning rate",
            lines: [{ name: "learning rate", kind: "rate", values: column((e) => e.learning_rate) }],
            format: significant,
            wanted: 2,
            height: 130,
        },
    ];
    const kept = history.findIndex(({ epoch }) => epoch === model.kept_epoch);
    const seconds = sum(history.map((epoch) => epoch.seconds));
    return h(
        "div",
        {},
        h(
            "p",
            { class: "text" },
            `${history.length} epochs in ${duration(seconds)}, ${duration(seconds / history.length)} each. `,
            kept >= 0 && `The network of epoch ${model.kept_epoch} did best on the validation pictures and was kept. `,
            "Point at a chart, or use the arrow keys in it, to read its values.",
        ),
        h(
            "ul",
            { class: "legend" },
            h("li", {}, swatch("train"), "training"),
            h("li", {}, swatch("validation"), "validation"),
            kept >= 0 && h("li", {}, swatch("kept"), "kept epoch"),
        ),
        h("div", { class: "charts" }, ...charts.filter(isMeasured).map((c) => drawChart(c, history, kept, pointed))),
        historyTable(history),
    );
}

function isMeasured({ lines }: Chart): boolean {
    return lines.some(({ values }) => values.some((value) => value !== null));
}

function swatch(kind: string): SVGElement {
    const upright = kind === "kept";
    const size = upright ? { width: 3, height: 13 } : { width: 28, height: 12 };
    const d = upright ? "M1.5 0V13" : "M1 6H27";
    return s("svg", { ...size, "aria-hidden": "true" }, s("path", { d, class: `line ${kind}` }));
}

function drawChart(chart: Chart, history: Epoch[], kept: number, pointed: State<number | null>): HTMLElement {
    const last = history.length - 1;
    const epochAt = (i: number) => history[i]?.epoch ?? i + 1;
    const reading = (i: number) =>
        chart.lines.map(({ name, values }) => `${name} ${show(values[i], chart.format)}`).join(", ");
    const plot = h("div", {
        class: "plot",
        tabindex: 0,
        role: "slider",
        "aria-label": `${chart.title} by epoch`,
        "aria-valuemin": epochAt(0),
        "aria-valuemax": epochAt(last),
        style: `height:${chart.height}px`,
        onkeydown: (event: KeyboardEvent) => {
            const now = pointed.get() ?? last;
            const to = {
                ArrowRight: now + 1,
                ArrowUp: now + 1,
                ArrowLeft: now - 1,
                ArrowDown: now - 1,
                Home: 0,
                End: last,
            }[event.key];
            if (event.key === "Escape") pointed.set(null);
            if (to === undefined) return;
            event.preventDefault();
            pointed.set(Math.max(0, Math.min(last, to)));
        },
        onfocus: () => {
            if (plot.matches(":focus-visible")) pointed.set(pointed.get() ?? (kept >= 0 ? kept : last));
        },
        onblur: () => pointed.set(null),
        onpointerleave: () => pointed.set(null),
    });

    const values = chart.lines.flatMap((line) => line.values).filter((value) => value !== null);
    const ticks = niceTicks(Math.min(0, ...values), chart.top ?? Math.max(...values), chart.wanted);
    const domain: [number, number] = [ticks[0] ?? 0, ticks[ticks.length - 1] ?? 1];
    const margin = { top: 10, right: 14, bottom: 26, left: 52 };

    function draw(width: number): void {
        const x = linear([epochAt(0), epochAt(last)], [margin.left, width - margin.right]);
        const y = linear(domain, [chart.height - margin.bottom, margin.top]);
        const at = (i: number) => x(epochAt(i));
        const cursor = s("line", { class: "cursor", y1: margin.top, y2: chart.height - margin.bottom });
        const dots = chart.lines.map(({ kind }) => s("circle", { class: `dot ${kind}`, r: 4 }));
        const tip = h("div", { class: "tip", "aria-hidden": "true" });
        const svg = s(
            "svg",
            { viewBox: `0 0 ${width} ${chart.height}`, "aria-hidden": "true" },
            ...ticks.map((t) =>
                s("line", { class: "rule", x1: margin.left, x2: width - margin.right, y1: y(t), y2: y(t) }),
            ),
            ...ticks.map((t) =>
                s(
                    "text",
                    { class: "tick", x: margin.left - 8, y: y(t), dy: "0.32em", "text-anchor": "end" },
                    tickLabel(t, chart),
                ),
            ),
            ...wholeTicks(epochAt(0), epochAt(last), width < 400 ? 4 : 6).map((t) =>
                s("text", { class: "tick", x: x(t), y: chart.height - 8, "text-anchor": "middle" }, t),
            ),
            kept >= 0 &&
                s("line", {
                    class: "line kept",
                    x1: at(kept),
                    x2: at(kept),
                    y1: margin.top,
                    y2: chart.height - margin.bottom,
                }),
            ...chart.lines.map(({ kind, values: v }) => s("path", { class: `line ${kind}`, d: path(v, at, y) })),
            cursor,
            ...dots,
        );
        plot.replaceChildren(svg, tip);
        plot.onpointermove = plot.onpointerdown = (event) => {
            const px = event.clientX - plot.getBoundingClientRect().left;
            const nearest = history.reduce(
                (best, _, i) => (Math.abs(at(i) - px) < Math.abs(at(best) - px) ? i : best),
                0,
            );
            pointed.set(nearest);
        };
        redrawPointed = (i) => {
            const on = i !== null;
            plot.classList.toggle("reading", on);
            plot.setAttribute("aria-valuenow", String(epochAt(i ?? last)));
            plot.setAttribute("aria-valuetext", `epoch ${epochAt(i ?? last)}: ${reading(i ?? last)}`);
            if (!on) return;
            cursor.setAttribute("x1", String(at(i)));
            cursor.setAttribute("x2", String(at(i)));
            dots.forEach((dot, l) => {
                const value = chart.lines[l]?.values[i] ?? null;
                dot.style.display = value === null ? "none" : "";
                dot.setAttribute("cx", String(at(i)));
                dot.setAttribute("cy", String(y(value ?? 0)));
            });
            tip.replaceChildren(
                h("b", {}, `Epoch ${epochAt(i)}`),
                ...chart.lines.map(({ kind, name, values: v }) =>
                    h("span", {}, swatch(kind), h("i", {}, name), h("em", {}, show(v[i], chart.format))),
                ),
            );
            tip.style.left = `${at(i)}px`;
            tip.classList.toggle("left", at(i) > width / 2);
            // Out of the way of the curves: below them where they run high.
            const highest = Math.min(...chart.lines.map((line) => y(line.values[i] ?? domain[0])));
            tip.classList.toggle("low", highest < chart.height / 2 && chart.height > 200);
        };
        redrawPointed(pointed.get());
    }
    let redrawPointed: (index: number | null) => void = () => {};
    let drawn = 0;
    new ResizeObserver(() => {
        const width = Math.round(plot.clientWidth);
        if (width > 0 && width !== drawn) draw((drawn = width));
    }).observe(plot);
    pointed.watch((index) => redrawPointed(index));
    return h("figure", { class: "chart" }, h("figcaption", {}, chart.title, h("span", {}, " by epoch")), plot);
}

/** Joins the measured points; a gap stays a gap. */
function path(values: (number | null)[], x: (i: number) => number, y: (value: number) => number): string {
    let pen = "M";
    return values
        .map((value, i) => {
            if (value === null) {
                pen = "M";
                return "";
            }
            const step = `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
            pen = "L";
            return step;
        })
        .join("");
}

function tickLabel(tick: number, { top }: Chart): string {
    return top === 1 ? `${Math.round(tick * 100)}\u00a0%` : significant(tick);
}

function show(value: number | null | undefined, format: (value: number) => string): string {
    return value === null || value === undefined ? "not measured" : format(value);
}

function historyTable(history: Epoch[]): HTMLElement {
    const share = (value: number) => percent(value);
    const rows: [string, (e: Epoch) => string][] = [
        ["Epoch", (e) => String(e.epoch)],
        ["Training loss", (e) => show(e.train_loss, significant)],
        ["Validation loss", (e) => show(e.validation_loss, significant)],
        ["Training accuracy", (e) => show(e.train_accuracy, share)],
        ["Validation accuracy", (e) => show(e.validation_accuracy, share)],
        ["Learning rate", (e) => show(e.learning_rate, significant)],
        ["Time", (e) => duration(e.seconds)],
    ];
    return h(
        "details",
        {},
        h("summary", {}, "The same as a table"),
        h(
            "div",
            { class: "scroll", tabindex: 0, role: "region", "aria-label": "Values by epoch" },
            h(
                "table",
                { class: "plain" },
                h("thead", {}, h("tr", {}, ...rows.map(([name]) => h("th", { scope: "col", class: "n" }, name)))),
                h(
                    "tbody",
                    {},
                    ...history.map((e) => h("tr", {}, ...rows.map(([, of]) => h("td", { class: "n" }, of(e))))),
                ),
            ),
        ),
    );
}
