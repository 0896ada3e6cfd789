// Writes fixtures/report.json: a report with made-up numbers, for developing and testing the page without training.
// Only the emoji names and group sizes are real (Debian's unicode-data); Chromium draws the pictures.
//
//     npm run fixture
import { readFileSync, writeFileSync } from "node:fs";
import { launchBrowser } from "./browser.mjs";

const list = "/usr/share/unicode/emoji/emoji-test.txt";
let state = 20190306;
/** A number in [0, 1): mulberry32, so that the fixture is the same every time. */
function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
/** @template T @param {T[]} items @param {number} n @returns {T[]} */
function pick(items, n) {
    const rest = [...items];
    return Array.from(
        { length: Math.min(n, rest.length) },
        () => /** @type {T} */ (rest.splice(Math.floor(random() * rest.length), 1)[0]),
    );
}
/** @param {number} x @param {number} digits */
const rounded = (x, digits) => Number(x.toFixed(digits));

/** @type {Map<string, {emoji: string, name: string}[]>} */
const groups = new Map();
let group = "";
for (const line of readFileSync(list, "utf8").split("\n")) {
    if (line.startsWith("# group: ")) group = line.slice(9);
    const found = /; fully-qualified +# (\S+) E[\d.]+ (.+)$/.exec(line);
    if (!found || group === "Component" || /skin tone/.test(line)) continue;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group)?.push({ emoji: String(found[1]), name: String(found[2]) });
}

const browser = await launchBrowser();
const page = await browser.newPage();
/** @param {string} emoji @param {boolean} [vary] @returns {Promise<string>} */
function draw(emoji, vary = false) {
    const r = vary ? Array.from({ length: 6 }, random) : [0.5, 0.5, 0.5, 0.5, 0.9, 0.5];
    return page.evaluate(
        ({ emoji, r: [angle = 0, x = 0, y = 0, scale = 0, flip = 0, light = 0] }) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
            const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
            pen.filter = `brightness(${0.75 + light / 2})`;
            pen.translate(24 + (x - 0.5) * 10, 24 + (y - 0.5) * 10);
            pen.rotate((angle - 0.5) * 0.5);
            const size = 0.8 + scale * 0.4;
            pen.scale(flip < 0.5 ? -size : size, size);
            pen.font = "37px 'Noto Color Emoji'";
            pen.textAlign = "center";
            pen.textBaseline = "middle";
            pen.fillText(emoji, 0, 3);
            return canvas.toDataURL("image/webp", 0.3);
        },
        { emoji, r },
    );
}
/** @param {{emoji: string, name: string}} item */
const picture = async (item) => ({ image: await draw(item.emoji), name: item.name });

const names = [...groups.keys()];
const members = names.map((name) => groups.get(name) ?? []);
const classes = [];
for (const [c, name] of names.entries()) {
    const all = members[c] ?? [];
    const test = Math.round(all.length * 0.2);
    const validation = Math.round(all.length * 0.1);
    const samples = await Promise.all(pick(all, 12).map(picture));
    classes.push({ name, train: all.length - test - validation, validation, test, samples });
}

const recall = [0.95, 0.86, 0.78, 0.74, 0.7, 0.62, 0.66, 0.83, 0.97];
/** Which classes look alike: likeness[truth][predicted]. */
const likeness = [
    [0, 4, 3, 1, 0, 1, 2, 4, 0],
    [3, 0, 1, 0, 1, 5, 4, 1, 0],
    [3, 2, 0, 5, 2, 1, 3, 1, 0],
    [1, 1, 5, 0, 1, 1, 5, 1, 0],
    [0, 1, 2, 1, 0, 3, 7, 4, 1],
    [1, 4, 1, 1, 3, 0, 6, 3, 0],
    [1, 2, 2, 4, 6, 4, 0, 4, 1],
    [1, 0, 0, 0, 2, 1, 3, 0, 1],
    [0, 0, 0, 0, 1, 0, 2, 2, 0],
];
const confusion = classes.map(({ test }, t) => {
    const row = names.map(() => 0);
    row[t] = Math.round(test * (recall[t] ?? 0.8));
    const weights = likeness[t] ?? [];
    const total = weights.reduce((a, b) => a + b, 0);
    for (let left = test - (row[t] ?? 0); left > 0; left--) {
        let at = random() * total;
        const c = weights.findIndex((w) => (at -= w) < 0);
        row[c] = (row[c] ?? 0) + 1;
    }
    return row;
});

/** @param {number} truth @param {number} predicted @param {number} probability */
async function judge(truth, predicted, probability) {
    const item = /** @type {{emoji: string, name: string}} */ (pick(members[truth] ?? [], 1)[0]);
    const second = predicted === truth ? (truth + 6) % names.length : truth;
    const third = pick(
        [...names.keys()].filter((c) => c !== predicted && c !== second),
        1,
    )[0];
    const rest = 1 - probability;
    return {
        picture: await picture(item),
        truth,
        guesses: [
            { class: predicted, probability: rounded(probability, 4) },
            { class: second, probability: rounded(rest * 0.7, 4) },
            { class: third, probability: rounded(rest * 0.2, 4) },
        ],
    };
}
const pairs = confusion.flatMap((row, t) =>
    row.flatMap((n, p) => Array.from({ length: t === p ? 0 : n }, () => /** @type {[number, number]} */ ([t, p]))),
);
const mistakes = [];
for (const [i, [t, p]] of pick(pairs, 24).entries()) mistakes.push(await judge(t, p, 0.992 - i * 0.017));
const right = [];
for (let i = 0; i < 8; i++) right.push(await judge(i, i, 0.9998 - i * 0.0004));

const augmented = [];
for (const c of [2, 3, 5]) {
    const item = /** @type {{emoji: string, name: string}} */ (pick(members[c] ?? [], 1)[0]);
    const variants = [];
    for (let i = 0; i < 7; i++) variants.push(await draw(item.emoji, true));
    augmented.push({ picture: await picture(item), variants });
}
await browser.close();

const epochs = 24;
const history = Array.from({ length: epochs }, (_, i) => {
    const t = i + 1;
    const noise = () => (random() - 0.5) * 0.03;
    return {
        epoch: t,
        train_loss: rounded(2.1 * Math.exp(-t / 6) + 0.16 + noise(), 4),
        validation_loss: rounded(1.75 * Math.exp(-t / 5) + 0.66 + 0.004 * t + 2 * noise(), 4),
        train_accuracy: rounded(0.965 - 0.75 * Math.exp(-t / 5.5) + noise() / 3, 4),
        validation_accuracy: rounded(0.795 - 0.55 * Math.exp(-t / 4.5) + noise(), 4),
        learning_rate: rounded(t <= 2 ? 0.001 * t : 0.001 * (1 + Math.cos((Math.PI * (t - 2)) / (epochs - 2))), 6),
        seconds: rounded(2.9 + random() * 0.4, 2),
    };
});

const correct = confusion.reduce((total, row, c) => total + (row[c] ?? 0), 0);
const tests = classes.reduce((total, c) => total + c.test, 0);
const report = {
    version: 1,
    title: "The tour",
    created: "2019-03-06T10:15:00Z",
    command: "cotangent tour --seed 7",
    seed: 7,
    threads: 4,
    seconds: 96.4,
    machine: "an imaginary machine, 4 cores, 16 GiB",
    notice: "This is a fixture for developing the page: every number on it is made up.",
    chapters: [
        {
            kind: "learn",
            title: "A network learns to sort pictures",
            summary:
                "Every emoji belongs to one of the nine groups of Unicode’s list. From their pictures alone, a small " +
                "convolutional network learns which. It started from random numbers and trained on this machine.",
            data: {
                source: "Glyphs of the Noto Color Emoji font, drawn offline by FreeType, labelled by Unicode’s emoji list.",
                split: "70 % of each group trains the network, 10 % chooses the epoch to keep, and 20 % are shown to it once, at the end.",
                shape: [32, 32, 3],
                classes,
                augmentation:
                    "Each time a training picture is used it is shifted, turned, scaled, mirrored and lit a little differently.",
                augmented,
            },
            model: {
                layers: [
                    { name: "stem.convolution", what: "Convolution 3 × 3", output: [32, 32, 32], parameters: 864 },
                    { name: "stem.norm", what: "Batch normalisation, ReLU", output: [32, 32, 32], parameters: 64 },
                    {
                        name: "body.0.convolution",
                        what: "Convolution 3 × 3, stride 2",
                        output: [16, 16, 64],
                        parameters: 18432,
                    },
                    { name: "body.0.norm", what: "Batch normalisation, ReLU", output: [16, 16, 64], parameters: 128 },
                    {
                        name: "body.1.convolution",
                        what: "Convolution 3 × 3, stride 2",
                        output: [8, 8, 128],
                        parameters: 73728,
                    },
                    { name: "body.1.norm", what: "Batch normalisation, ReLU", output: [8, 8, 128], parameters: 256 },
                    {
                        name: "body.2.convolution",
                        what: "Convolution 3 × 3, stride 2",
                        output: [4, 4, 128],
                        parameters: 147456,
                    },
                    { name: "body.2.norm", what: "Batch normalisation, ReLU", output: [4, 4, 128], parameters: 256 },
                    { name: "", what: "Mean over height and width", output: [128], parameters: 0 },
                    { name: "head", what: "Dense", output: [9], parameters: 1161 },
                ],
                optimizer: "AdamW, learning rate 0.002, weight decay 0.05, cosine schedule",
                batch_size: 64,
                kept_epoch: 21,
            },
            history,
            result: { confusion, top3_correct: correct + Math.round((tests - correct) * 0.7) },
            mistakes,
            right,
            your_own: [
                {
                    title: "Train",
                    text: "Put your pictures into one folder a class: DIR/cat/1.jpg, DIR/dog/1.jpg. JPEG, PNG and WebP are read.",
                    command: "cotangent train --data images:DIR --out model.safetensors",
                },
                {
                    title: "Evaluate",
                    text: "Measures a trained model on pictures that it has not seen, and writes a page like this one.",
                    command: "cotangent evaluate --model model.safetensors --data images:TEST_DIR",
                },
                {
                    title: "Predict",
                    text: "Names the most probable classes of single pictures.",
                    command: "cotangent predict --model model.safetensors picture.jpg",
                },
            ],
        },
    ],
};
const target = new URL("../fixtures/report.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(report)}\n`);
console.log(
    `fixtures/report.json: ${correct} of ${tests} right, ${Math.round(JSON.stringify(report).length / 1000)} kB`,
);
