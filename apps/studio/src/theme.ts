import { h } from "./dom.ts";

type Theme = "light" | "dark";
const key = "cotangent.theme";

/** The page follows the system until the reader chooses; style.css turns data-theme into a color-scheme. */
export function themeButton(): HTMLButtonElement {
    const system = matchMedia("(prefers-color-scheme: dark)");
    let chosen = remembered();
    const current = (): Theme => chosen ?? (system.matches ? "dark" : "light");
    const button = h("button", { class: "theme", type: "button", onclick: toggle });

    function show(): void {
        if (chosen) document.documentElement.dataset.theme = chosen;
        const other = current() === "dark" ? "light" : "dark";
        button.textContent = other === "dark" ? "Dark" : "Light";
        button.setAttribute("aria-label", `Switch to ${other} colours`);
    }
    function toggle(): void {
        chosen = current() === "dark" ? "light" : "dark";
        try {
            localStorage.setItem(key, chosen);
        } catch {
            // A browser may forbid storage to files: the choice then lasts as long as the page.
        }
        show();
    }
    system.addEventListener("change", show);
    show();
    return button;
}

function remembered(): Theme | undefined {
    try {
        const value = localStorage.getItem(key);
        return value === "light" || value === "dark" ? value : undefined;
    } catch {
        return undefined;
    }
}
