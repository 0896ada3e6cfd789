import { h, state } from "../dom.ts";
import { count, plural, shape } from "../format.ts";
import type { DataClass, LearnData, Picture } from "../report.ts";
import { sum } from "../statistics.ts";

/** What was learned from: a row of pictures and the counts of every class, or one class larger. */
export function pictureGrid(data: LearnData): HTMLElement {
    const chosen = state<number | null>(null);
    const total = (of: (c: DataClass) => number) => sum(data.classes.map(of));
    const all = total((c) => c.train + c.validation + c.test);
    const filter = (label: string, index: number | null) => {
        const button = h("button", { type: "button", class: "chip", onclick: () => chosen.set(index) }, label);
        chosen.watch((now) => button.setAttribute("aria-pressed", String(now === index)));
        return button;
    };
    const view = h("div", { class: "classes" });
    chosen.watch((index) => {
        const one = index === null ? undefined : data.classes[index];
        view.replaceChildren(one ? oneClass(one) : everyClass(data.classes));
    });
    return h(
        "div",
        {},
        h("p", { class: "text" }, `${data.source} ${plural(all, "picture")}, ${shape(data.shape)} numbers each.`),
        splitBar(
            total((c) => c.train),
            total((c) => c.validation),
            total((c) => c.test),
        ),
        h("p", { class: "text" }, data.split),
        h(
            "div",
            { class: "chips", role: "group", "aria-label": "Show the pictures of" },
            filter("All classes", null),
            ...data.classes.map((c, i) => filter(c.name, i)),
        ),
        view,
    );
}

/** One bar for all pictures, in the proportions of the split. */
function splitBar(train: number, validation: number, test: number): HTMLElement {
    const part = (name: string, kind: string, n: number) =>
        n > 0 &&
        h("div", { class: `share ${kind}`, style: `flex-grow:${n}` }, h("b", {}, count(n)), h("span", {}, name));
    return h(
        "div",
        { class: "split" },
        part("training", "train", train),
        part("validation", "validation", validation),
        part("test", "test", test),
    );
}

function everyClass(classes: DataClass[]): HTMLElement {
    const number = (n: number, label: string) => h("td", { class: "n", "data-label": label }, count(n));
    return h(
        "table",
        { class: "class-rows" },
        h("caption", { class: "unseen" }, "The classes, some pictures of each, and how many there are"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                h("th", { scope: "col" }, "Class"),
                h("th", { scope: "col" }, h("span", { class: "unseen" }, "Some of its pictures")),
                ...["Training", "Validation", "Test"].map((name) => h("th", { scope: "col", class: "n" }, name)),
            ),
        ),
        h(
            "tbody",
            {},
            ...classes.map((c) =>
                h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, c.name),
                    h("td", { class: "strip" }, h("div", {}, ...c.samples.map((p) => thumbnail(p)))),
                    number(c.train, "training"),
                    number(c.validation, "validation"),
                    number(c.test, "test"),
                ),
            ),
        ),
    );
}

function oneClass(c: DataClass): HTMLElement {
    return h(
        "div",
        { class: "one-class" },
        h(
            "p",
            {},
            h("b", {}, c.name),
            ` ${plural(c.train + c.validation + c.test, "picture")}: ${count(c.train)} for training, `,
            `${count(c.validation)} for validation, ${count(c.test)} for the test. ${c.samples.length} of them:`,
        ),
        h("ul", { class: "large" }, ...c.samples.map((p) => h("li", {}, thumbnail(p, ""), h("span", {}, p.name)))),
    );
}

/** A picture with its name as the text for those who do not see it; "" where the name stands beside it. */
export function thumbnail({ image, name }: Picture, alt = name): HTMLImageElement {
    return h("img", { src: image, alt, title: alt || undefined, class: "thumb", width: 48, height: 48 });
}

export function augmentation({ augmentation: text, augmented = [] }: LearnData): HTMLElement | false {
    if (text === undefined || augmented.length === 0) return false;
    return h(
        "div",
        { class: "augmentation" },
        h("h4", {}, "Never the same picture twice"),
        h("p", { class: "text" }, text),
        ...augmented.map(({ picture, variants }) =>
            h(
                "div",
                {
                    class: "variants",
                    role: "img",
                    "aria-label": `${picture.name}, and ${variants.length} variants of it`,
                },
                thumbnail(picture, ""),
                h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
                ...variants.map((image) => thumbnail({ image, name: "" })),
            ),
        ),
    );
}
