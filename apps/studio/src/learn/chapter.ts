import { h, state, type Child } from "../dom.ts";
import type { Section } from "../page.ts";
import type { LearnChapter } from "../report.ts";
import { confusionMatrix } from "./confusion.ts";
import { curves } from "./curves.ts";
import { augmentation, pictureGrid } from "./data.ts";
import { gallery } from "./gallery.ts";
import { headline } from "./headline.ts";
import { modelTable } from "./model.ts";
import { scoreTable } from "./scores.ts";
import { steps } from "./steps.ts";

/** The cell of the confusion matrix that the reader chose: the gallery shows these pictures only. */
export interface Pair {
    truth: number;
    predicted: number;
}

/** The sections of a chapter of kind "learn". `id` keeps their ids apart from those of other chapters. */
export function renderLearn(chapter: LearnChapter, id: string): Section[] {
    const chosen = state<Pair | null>(null);
    const galleryId = `${id}-mistakes`;
    const section = (name: string, title: string, heading: string, ...children: Child[]): Section => {
        const sectionId = `${id}-${name}`;
        const element = h(
            "section",
            { class: `part ${name}`, id: sectionId, "aria-labelledby": `${sectionId}-title` },
            h("h3", { id: `${sectionId}-title` }, heading),
            ...children,
        );
        return { id: sectionId, title, element };
    };
    return [
        section("result", "Result", "How good it is", headline(chapter)),
        section("data", "Data", "What it learned from", pictureGrid(chapter.data), augmentation(chapter.data)),
        section("training", "Training", "How it learned", curves(chapter)),
        section(
            "confusion",
            "Confusion",
            "What it takes for what",
            confusionMatrix(chapter, chosen, galleryId),
            scoreTable(chapter),
        ),
        section("mistakes", "Mistakes", "Sure, and wrong", gallery(chapter, chosen)),
        section("model", "Model", "The network", modelTable(chapter.model)),
        ...(chapter.your_own.length > 0
            ? [section("own", "Your own", "The same with your own pictures", steps(chapter.your_own))]
            : []),
    ];
}
