import { h, s } from "./dom.ts";
import { duration, moment, plural, slug } from "./format.ts";
import { renderLearn } from "./learn/chapter.ts";
import type { Chapter, Report, ReportError } from "./report.ts";
import { themeButton } from "./theme.ts";

/** A part of a chapter that the reader can jump to. */
export interface Section {
    id: string;
    title: string;
    element: HTMLElement;
}

export function renderReport(page: HTMLElement, report: Report): void {
    document.title = `${report.title} · Cotangent`;
    const chapters = report.chapters.map((chapter, i) => {
        const id = `chapter-${i + 1}-${slug(chapter.kind)}`;
        return { id, chapter, sections: sectionsOf(chapter, id) };
    });
    // One chapter: the bar at the top leads to its sections. Several: to the chapters, and each lists its own sections.
    const only = chapters.length === 1 ? chapters[0] : undefined;
    const links = only
        ? only.sections.map(({ id, title }) => ({ id, title }))
        : chapters.map(({ id, chapter }, i) => ({ id, title: `${i + 1} ${capital(chapter.kind)}` }));
    page.replaceChildren(
        h("a", { class: "skip", href: "#main" }, "Skip to the content"),
        topBar(links),
        h(
            "main",
            { id: "main" },
            report.notice !== undefined && h("p", { class: "notice", role: "note" }, report.notice),
            story(report),
            ...chapters.map(({ id, chapter, sections }, i) =>
                h(
                    "article",
                    { class: "chapter", id, "aria-labelledby": `${id}-title` },
                    h(
                        "header",
                        { class: "chapter-head" },
                        h("p", { class: "eyebrow" }, `Chapter ${i + 1}`),
                        h("h2", { id: `${id}-title` }, chapter.title),
                        h("p", { class: "lead" }, chapter.summary),
                        !only && sections.length > 0 && sectionList(chapter, sections),
                    ),
                    ...sections.map(({ element }) => element),
                    !chapter.known &&
                        h(
                            "p",
                            { class: "unknown" },
                            `This page does not know chapters of the kind “${chapter.kind}” yet, so it shows the summary only. `,
                            "A newer Cotangent shows the rest.",
                        ),
                ),
            ),
        ),
        h(
            "footer",
            { class: "foot" },
            h("p", {}, "Made by ", h("code", {}, report.command), ` on ${moment(report.created)}.`),
            h(
                "p",
                {},
                "This page is one file. It loads nothing and sends nothing: keep it, mail it, open it anywhere.",
            ),
        ),
    );
    markCurrentLink(page);
}

export function renderFailure(page: HTMLElement, error: ReportError): void {
    document.title = "No report · Cotangent";
    page.replaceChildren(
        topBar([]),
        h(
            "main",
            { id: "main", class: "failure" },
            h("h1", {}, "There is no report to show"),
            h("p", { role: "alert" }, `${capital(error.message)}.`),
            h(
                "p",
                {},
                "Run ",
                h("code", {}, "cotangent tour"),
                " to make a new one: it writes ",
                h("code", {}, "tour/index.html"),
                ", a page like this with its report inside.",
            ),
        ),
    );
}

function sectionsOf(chapter: Chapter, id: string): Section[] {
    return chapter.known ? renderLearn(chapter, id) : [];
}

function topBar(links: { id: string; title: string }[]): HTMLElement {
    return h(
        "header",
        { class: "bar" },
        h("a", { class: "brand", href: "#main" }, mark(), "Cotangent"),
        links.length > 0 &&
            h(
                "nav",
                { "aria-label": "On this page" },
                ...links.map(({ id, title }) => h("a", { href: `#${id}` }, title)),
            ),
        themeButton(),
    );
}

/** The graph of the cotangent over one period. */
function mark(): SVGElement {
    return s(
        "svg",
        { viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true" },
        s("rect", { width: 24, height: 24, rx: 6, class: "mark-ground" }),
        s("path", { d: "M6 4c.6 5.5 2.5 8 6 8s5.4 2.5 6 8", class: "mark-line" }),
    );
}

function story(report: Report): HTMLElement {
    const facts: [string, string][] = [
        ["Took", duration(report.seconds)],
        ["On", report.machine],
        ["Using", plural(report.threads, "thread")],
        ["Seed", String(report.seed)],
        ["Written", moment(report.created)],
    ];
    return h(
        "section",
        { class: "story" },
        h("p", { class: "eyebrow" }, report.title),
        h("h1", {}, "Data that cannot move, with hardly any labels, and a model you can look into."),
        h(
            "p",
            { class: "lead" },
            "A hospital, a factory line, a phone. Cotangent learns where the data is, spends few labels well, knows how ",
            "sure it is, and shows what was learned. This page is what one run of it found.",
        ),
        h(
            "dl",
            { class: "facts" },
            ...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
        ),
    );
}

function sectionList(chapter: Chapter, sections: Section[]): HTMLElement {
    return h(
        "nav",
        { class: "sections", "aria-label": `In the chapter ${chapter.title}` },
        ...sections.map(({ id, title }) => h("a", { href: `#${id}` }, title)),
    );
}

/** Marks the link to the part being read. */
function markCurrentLink(page: HTMLElement): void {
    const links = new Map<Element, HTMLAnchorElement>();
    for (const link of page.querySelectorAll<HTMLAnchorElement>(".bar nav a")) {
        const target = document.getElementById(link.hash.slice(1));
        if (target) links.set(target, link);
    }
    const visible = new Set<Element>();
    const watcher = new IntersectionObserver(
        (entries) => {
            for (const { target, isIntersecting } of entries)
                if (isIntersecting) visible.add(target);
                else visible.delete(target);
            const first = [...links.keys()].find((target) => visible.has(target));
            for (const [target, link] of links)
                if (target === first) link.setAttribute("aria-current", "true");
                else link.removeAttribute("aria-current");
        },
        { rootMargin: "-20% 0px -60% 0px" },
    );
    for (const target of links.keys()) watcher.observe(target);
}

function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
