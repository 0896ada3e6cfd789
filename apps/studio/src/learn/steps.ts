import { h } from "../dom.ts";
import type { Step } from "../report.ts";

/** Commands to do the same with one's own pictures, each with a button that copies it. */
export function steps(list: Step[]): HTMLElement {
    return h(
        "ol",
        { class: "steps" },
        ...list.map(({ title, text, command }) =>
            h("li", {}, h("h4", {}, title), text !== "" && h("p", { class: "text" }, text), commandBox(title, command)),
        ),
    );
}

function commandBox(title: string, command: string): HTMLElement {
    const code = h("code", {}, command);
    const button = h("button", { type: "button", class: "copy", "aria-label": `Copy the command: ${title}` }, "Copy");
    const said = h("span", { class: "unseen", role: "status" });
    button.addEventListener("click", async () => {
        const copied = await copy(command, code);
        button.textContent = copied ? "Copied" : "Selected";
        said.textContent = copied ? "Copied" : "Selected: press Ctrl+C";
        setTimeout(() => {
            button.textContent = "Copy";
            said.textContent = "";
        }, 2000);
    });
    return h("div", { class: "command" }, h("pre", { tabindex: 0 }, code), button, said);
}

/** A page from a file may not be allowed to write the clipboard: then the text is selected for the reader to copy. */
async function copy(text: string, element: HTMLElement): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        getSelection()?.selectAllChildren(element);
        return false;
    }
}
