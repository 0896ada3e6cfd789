/** U+00A0, so that a number and its unit stay on one line. */
const space = "\u00a0";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 1234 -> "1,234" */
export function count(n: number): string {
    return whole.format(n);
}

/** count and a noun that takes an s: 1 -> "1 picture", 1234 -> "1,234 pictures" */
export function plural(n: number, noun: string): string {
    return `${count(n)}${space}${noun}${n === 1 ? "" : "s"}`;
}

/** 0.8134 -> "81.3 %"; never "100.0 %" for less than all, nor "0.0 %" for more than nothing. */
export function percent(share: number, digits = 1): string {
    return `${percentNumber(share, digits)}${space}%`;
}

export function percentNumber(share: number, digits = 1): string {
    const unit = 10 ** -digits;
    let value = share * 100;
    if (share < 1) value = Math.min(value, 100 - unit);
    if (share > 0) value = Math.max(value, unit);
    return share === 0 || share === 1 ? value.toFixed(0) : value.toFixed(digits);
}

/** 3.2 -> "3.2 s", 75 -> "1 min 15 s", 7300 -> "2 h 2 min" */
export function duration(seconds: number): string {
    if (seconds < 10) return `${seconds.toFixed(1)}${space}s`;
    const s = Math.round(seconds);
    if (s < 60) return `${s}${space}s`;
    const minutes = Math.floor(s / 60);
    if (minutes < 60) return `${minutes}${space}min${s % 60 ? `${space}${s % 60}${space}s` : ""}`;
    return `${Math.floor(minutes / 60)}${space}h${minutes % 60 ? `${space}${minutes % 60}${space}min` : ""}`;
}

/** Three significant digits without an exponent where that is short: 0.00213 -> "0.00213", 1.5e-7 -> "1.5e-7" */
export function significant(value: number): string {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < 1e-5 || size >= 1e6)
        return value
            .toExponential(2)
            .replace(/\.?0+e/, "e")
            .replace("e+", "e");
    return String(Number(value.toPrecision(3)));
}

/** [32, 32, 3] -> "32 × 32 × 3" */
export function shape(sizes: number[]): string {
    return sizes.join(`${space}×${space}`);
}

/** "2019-03-06T10:15:00Z" -> "6 March 2019, 10:15 UTC"; a date that cannot be read is shown as it is. */
export function moment(iso: string): string {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return iso;
    const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
    const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
    return `${day}, ${time} UTC`;
}

/** "Travel & Places" -> "travel-places", for ids */
export function slug(name: string): string {
    return name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "");
}
