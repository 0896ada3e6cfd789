/**
 * The report that `cotangent tour` writes into the page: what its JSON holds, and how the page reads it.
 *
 * These types are the one definition of the format; README.md beside them tells how to write it. A report holds
 * measurements and counts. Whatever follows from them (accuracy, intervals, precision, totals) is computed by the page,
 * so that no two numbers on it can disagree. Fields that are not named here are ignored.
 */

/** Grows when a page of the former version could no longer read the report. New optional fields and kinds do not count. */
export const reportVersion = 1;

export interface Report {
    version: typeof reportVersion;
    title: string;
    /** When the report was written: ISO 8601 with a time zone, "2019-03-06T10:15:00Z". */
    created: string;
    /** What the user typed. */
    command: string;
    seed: number;
    threads: number;
    /** Wall-clock seconds of the whole command. */
    seconds: number;
    /** Processor and memory, for a person: "AMD EPYC 7B13, 4 cores, 16 GiB". */
    machine: string;
    /** A warning to show above everything, such as "--quick: trained on a tenth of the data". */
    notice?: string;
    chapters: Chapter[];
}

/** What every chapter has. A page that does not know `kind` shows these and nothing else. */
export interface ChapterHead {
    kind: string;
    title: string;
    /** One to three sentences for a person who has not read the documentation. */
    summary: string;
}

export type Chapter = LearnChapter | OtherChapter;

export interface OtherChapter extends ChapterHead {
    known: false;
}

/** A classifier of pictures: what it was trained on, how, how good it is and where it fails. */
export interface LearnChapter extends ChapterHead {
    kind: "learn";
    known: true;
    data: LearnData;
    model: LearnModel;
    /** One entry an epoch, in order; at least one. */
    history: Epoch[];
    result: LearnResult;
    /** The mistakes on test pictures with the highest probability of the wrong class, worst first; about 24. */
    mistakes: Judged[];
    /** The right answers with the highest probability, surest first; about 8. */
    right: Judged[];
    /** How to do the same with one's own pictures. */
    your_own: Step[];
}

export interface Picture {
    /** A data: URI of a PNG, JPEG, WebP or SVG picture, 48 to 64 pixels wide and high. */
    image: string;
    /** What it shows, for a person: "hedgehog". */
    name: string;
}

export interface LearnData {
    /** A sentence: where the pictures and their labels come from. */
    source: string;
    /** A sentence: how they were split, and what the parts are for. */
    split: string;
    /** What the network is given: [height, width, channels]. */
    shape: number[];
    /** In the order of the network's outputs; at least two. */
    classes: DataClass[];
    /** A sentence: what augmentation does to a training picture. Absent: there was none. */
    augmentation?: string;
    /** A few training pictures and what augmentation made of them; each list equally long, about 7. */
    augmented?: Augmented[];
}

export interface DataClass {
    name: string;
    /** Numbers of pictures. */
    train: number;
    validation: number;
    test: number;
    /** About 12 of them. */
    samples: Picture[];
}

export interface Augmented {
    picture: Picture;
    /** data: URIs. */
    variants: string[];
}

export interface LearnModel {
    /** From input to output. */
    layers: Layer[];
    /** For a person: "AdamW, learning rate 0.002, weight decay 0.05". */
    optimizer: string;
    batch_size: number;
    /** The epoch whose parameters were kept, counted as in `history`. Absent: the last. */
    kept_epoch?: number;
}

export interface Layer {
    /** The field's path in the model: "stem.convolution". Empty for a step without a field. */
    name: string;
    /** What it does, for a person: "Convolution 3x3, stride 2". */
    what: string;
    /** Shape of its output for one picture: [height, width, channels] or [features]. */
    output: number[];
    parameters: number;
}

/** A null stands for a value that is not a finite number, or that was not measured. */
export interface Epoch {
    epoch: number;
    train_loss: number | null;
    validation_loss: number | null;
    /** Accuracies are shares: 0 to 1. */
    train_accuracy: number | null;
    validation_accuracy: number | null;
    learning_rate: number | null;
    seconds: number;
}

export interface LearnResult {
    /** Numbers of test pictures: confusion[truth][predicted]. */
    confusion: number[][];
    /** Test pictures whose class is among the three most probable ones. */
    top3_correct: number;
}

/** A test picture and what the network made of it. */
export interface Judged {
    picture: Picture;
    /** Its class, as an index into the classes. */
    truth: number;
    /** The most probable classes, most probable first; one to three. */
    guesses: Guess[];
}

export interface Guess {
    class: number;
    /** 0 to 1. */
    probability: number;
}

export interface Step {
    title: string;
    /** A sentence or two. May be empty. */
    text: string;
    /** Shell commands, one a line. */
    command: string;
}

/** Says which field of a report is not as it should be: "chapters[0].model.layers: missing, expected a list". */
export class ReportError extends Error {}

/** Reads the text of a report, checking all of it, so that the rest of the page can rely on its types. */
export function parseReport(text: string): Report {
    if (text.trim() === "") throw new ReportError("this page holds no report");
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new ReportError(`the report is not valid JSON (${(error as Error).message})`);
    }
    const { version } = fields<{ version: number }>({ version: number })(value, "report");
    if (version !== reportVersion)
        throw new ReportError(`the report has version ${version}, this page reads version ${reportVersion}`);
    return report(value, "");
}

/** Checks that a value found at `path` is a T, and returns it. */
type Check<T> = (value: unknown, path: string) => T;

function fail(path: string, value: unknown, expected: string): never {
    const seen =
        value === undefined ? "missing" : Array.isArray(value) ? "a list" : value === null ? "null" : describe(value);
    throw new ReportError(`${path || "report"}: ${seen}, expected ${expected}`);
}

function describe(value: unknown): string {
    if (typeof value === "object") return "an object";
    const text = JSON.stringify(value);
    return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const text: Check<string> = (value, path) => (typeof value === "string" ? value : fail(path, value, "a text"));

const number: Check<number> = (value, path) =>
    typeof value === "number" && Number.isFinite(value) ? value : fail(path, value, "a number");

const count: Check<number> = (value, path) =>
    Number.isInteger(value) && (value as number) >= 0 ? (value as number) : fail(path, value, "a whole number >= 0");

const share: Check<number> = (value, path) => {
    const x = number(value, path);
    return x >= 0 && x <= 1 ? x : fail(path, value, "a number from 0 to 1");
};

const image: Check<string> = (value, path) =>
    typeof value === "string" && /^data:image\/(png|jpeg|webp|svg\+xml)[;,]/.test(value)
        ? value
        : fail(path, value, "a data: URI of a picture");

function orNull<T>(check: Check<T>): Check<T | null> {
    return (value, path) => (value === null ? null : check(value, path));
}

function optional<T>(check: Check<T>): Check<T | undefined> {
    return (value, path) => (value === undefined || value === null ? undefined : check(value, path));
}

function list<T>(check: Check<T>, atLeast = 0): Check<T[]> {
    return (value, path) => {
        if (!Array.isArray(value)) fail(path, value, "a list");
        if (value.length < atLeast) fail(path, value, `a list of at least ${atLeast}, not of ${value.length}`);
        return value.map((item, i) => check(item, `${path}[${i}]`));
    };
}

/** The compiler sees to it that every field of T has its check. */
function fields<T>(checks: { [K in keyof T]-?: Check<T[K]> }): Check<T> {
    return (value, path) => {
        if (typeof value !== "object" || value === null || Array.isArray(value)) fail(path, value, "an object");
        const result: Partial<T> = {};
        for (const name in checks) {
            const found = (value as Record<string, unknown>)[name];
            result[name] = checks[name](found, path === "" ? name : `${path}.${name}`);
        }
        return result as T;
    };
}

const picture = fields<Picture>({ image, name: text });

const judged = fields<Judged>({
    picture,
    truth: count,
    guesses: list(fields<Guess>({ class: count, probability: share }), 1),
});

const learnFields = fields<LearnChapter>({
    kind: () => "learn",
    known: () => true,
    title: text,
    summary: text,
    data: fields<LearnData>({
        source: text,
        split: text,
        shape: list(count, 1),
        classes: list(
            fields<DataClass>({ name: text, train: count, validation: count, test: count, samples: list(picture) }),
            2,
        ),
        augmentation: optional(text),
        augmented: optional(list(fields<Augmented>({ picture, variants: list(image) }))),
    }),
    model: fields<LearnModel>({
        layers: list(fields<Layer>({ name: text, what: text, output: list(count), parameters: count })),
        optimizer: text,
        batch_size: count,
        kept_epoch: optional(count),
    }),
    history: list(
        fields<Epoch>({
            epoch: count,
            train_loss: orNull(number),
            validation_loss: orNull(number),
            train_accuracy: orNull(share),
            validation_accuracy: orNull(share),
            learning_rate: orNull(number),
            seconds: number,
        }),
        1,
    ),
    result: fields<LearnResult>({ confusion: list(list(count)), top3_correct: count }),
    mistakes: list(judged),
    right: list(judged),
    your_own: list(fields<Step>({ title: text, text, command: text })),
});

const learn: Check<LearnChapter> = (value, path) => {
    const chapter = learnFields(value, path);
    const classes = chapter.data.classes;
    const { confusion, top3_correct } = chapter.result;
    const at = `${path}.result`;
    if (confusion.length !== classes.length)
        fail(`${at}.confusion`, confusion, `${classes.length} rows, one a class, not ${confusion.length}`);
    confusion.forEach((row, i) => {
        if (row.length !== classes.length)
            fail(`${at}.confusion[${i}]`, row, `${classes.length} numbers, one a class, not ${row.length}`);
        const total = row.reduce((sum, n) => sum + n, 0);
        const tests = classes[i]?.test;
        if (total !== tests) fail(`${at}.confusion[${i}]`, row, `a sum of ${tests}, the test pictures, not ${total}`);
    });
    const tests = classes.reduce((sum, c) => sum + c.test, 0);
    if (top3_correct > tests) fail(`${at}.top3_correct`, top3_correct, `at most ${tests}, the test pictures`);
    for (const kind of ["mistakes", "right"] as const)
        chapter[kind].forEach((item, i) => {
            for (const index of [item.truth, ...item.guesses.map((guess) => guess.class)])
                if (index >= classes.length) fail(`${path}.${kind}[${i}]`, index, `a class below ${classes.length}`);
        });
    return chapter;
};

const chapter: Check<Chapter> = (value, path) => {
    const head = fields<ChapterHead>({ kind: text, title: text, summary: text })(value, path);
    return head.kind === "learn" ? learn(value, path) : { ...head, known: false };
};

const report = fields<Report>({
    version: () => reportVersion,
    title: text,
    created: text,
    command: text,
    seed: number,
    threads: count,
    seconds: number,
    machine: text,
    notice: optional(text),
    chapters: list(chapter),
});
