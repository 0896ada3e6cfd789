export type Child = Node | string | number | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/** Makes an element: h("a", { href: "#data" }, "Data"). Text is only ever set as text, never parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    attributes: Attributes = {},
    ...children: Child[]
): HTMLElementTagNameMap[K] {
    return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s<K extends keyof SVGElementTagNameMap>(
    tag: K,
    attributes: Attributes = {},
    ...children: Child[]
): SVGElementTagNameMap[K] {
    return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function furnish<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
        else element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.filter(isShown).map((child) => (child instanceof Node ? child : String(child))));
    return element;
}

function isShown(child: Child): child is Node | string | number {
    return child !== null && child !== undefined && child !== false;
}

/** A value that several parts of the page show: the ones that asked are told when it changes. */
export interface State<T> {
    get(): T;
    set(value: T): void;
    /** Calls `listener` now and after every change. */
    watch(listener: (value: T) => void): void;
}

export function state<T>(initial: T): State<T> {
    let current = initial;
    const listeners: ((value: T) => void)[] = [];
    return {
        get: () => current,
        set: (value) => {
            current = value;
            for (const listener of listeners) listener(value);
        },
        watch: (listener) => {
            listeners.push(listener);
            listener(current);
        },
    };
}
