import { h, state, type State } from "../dom.ts";
import { percent, plural } from "../format.ts";
import type { Judged, LearnChapter } from "../report.ts";
import type { Pair } from "./chapter.ts";
import { thumbnail } from "./data.ts";

/** Cards shown before the reader asks for all of them. */
const few = 12;

/** The most confident mistakes and right answers; a pair chosen in the confusion matrix leaves only its own. */
export function gallery(chapter: LearnChapter, chosen: State<Pair | null>): HTMLElement {
    const { classes } = chapter.data;
    const name = (c: number) => classes[c]?.name ?? "";
    const kind = state<"mistakes" | "right">("mistakes");
    const expanded = state(false);
    const tab = (which: "mistakes" | "right", label: string) => {
        const button = h("button", { type: "button", class: "chip", onclick: () => choose(which) }, label);
        kind.watch((now) => button.setAttribute("aria-pressed", String(now === which)));
        return button;
    };
    const choose = (which: "mistakes" | "right") => {
        if (chosen.get()) chosen.set(null);
        expanded.set(false);
        kind.set(which);
    };

    const filterLine = h("p", { class: "filter-line", role: "status" });
    const cards = h("ul", { class: "cards" });
    const more = h("button", { type: "button", class: "more", onclick: () => expanded.set(true) });

    function show(): void {
        const pair = chosen.get();
        const all = kind.get() === "mistakes" ? chapter.mistakes : chapter.right;
        const wanted = pair
            ? all.filter((item) => item.truth === pair.truth && item.guesses[0]?.class === pair.predicted)
            : all;
        const shown = pair || expanded.get() ? wanted : wanted.slice(0, few);
        cards.replaceChildren(...shown.map((item) => card(item, name)));
        more.hidden = shown.length === wanted.length;
        more.textContent = `Show all ${wanted.length}`;
        filterLine.replaceChildren(...(pair ? filterText(pair, wanted.length) : []));
    }
    function filterText(pair: Pair, found: number): (Node | string)[] {
        const n = chapter.result.confusion[pair.truth]?.[pair.predicted] ?? 0;
        const right = pair.truth === pair.predicted;
        const what = right
            ? `${name(pair.truth)}, recognised`
            : `${name(pair.truth)} taken for ${name(pair.predicted)}`;
        const listed = right ? "surest right answers" : "surest mistakes";
        return [
            h("b", {}, what),
            found > 0
                ? `: ${plural(n, "test picture")}, ${found} of them among the ${listed}. `
                : `: ${plural(n, "test picture")}, none among the ${listed} that this page holds. `,
            h("button", { type: "button", class: "clear", onclick: () => chosen.set(null) }, "Show all pairs"),
        ];
    }
    chosen.watch((pair) => {
        if (pair) kind.set(pair.truth === pair.predicted ? "right" : "mistakes");
        show();
    });
    kind.watch(show);
    expanded.watch(show);

    return h(
        "div",
        {},
        h(
            "p",
            { class: "text" },
            "The test pictures that the network was surest about. Where it is sure and wrong, it betrays what it goes by.",
        ),
        h(
            "div",
            { class: "chips", role: "group", "aria-label": "Show" },
            tab("mistakes", `Surest mistakes (${chapter.mistakes.length})`),
            tab("right", `Surest right answers (${chapter.right.length})`),
        ),
        filterLine,
        cards,
        more,
    );
}

function card({ picture, truth, guesses }: Judged, name: (c: number) => string): HTMLElement {
    const first = guesses[0]?.class;
    return h(
        "li",
        { class: "card", "data-truth": truth, "data-predicted": first },
        thumbnail(picture, ""),
        h(
            "div",
            { class: "what" },
            h("h4", {}, picture.name),
            h("p", {}, first === truth ? "is " : "is truly ", h("b", {}, name(truth))),
        ),
        h(
            "ol",
            { "aria-label": "The network's guesses" },
            ...guesses.map((guess) =>
                h(
                    "li",
                    { class: guess.class === truth ? "right" : guess.class === first ? "wrong" : "other" },
                    h("span", { class: "label" }, name(guess.class)),
                    h("span", { class: "value" }, percent(guess.probability)),
                    h(
                        "span",
                        { class: "track", "aria-hidden": "true" },
                        h("span", { class: "fill", style: `--share:${guess.probability * 100}%` }),
                    ),
                ),
            ),
        ),
    );
}
