import { expect, it } from "vitest";
import { embedReport, escapeForScript, opening } from "./embed.mjs";

it("escapes what could end the element, and keeps the meaning", () => {
    const value = { name: "</script><!-- <script>" };
    const text = escapeForScript(JSON.stringify(value));
    expect(text).not.toContain("<");
    expect(JSON.parse(text)).toEqual(value);
});
it("puts the report between the marks, in place of what was there", () => {
    expect(embedReport(`<p>${opening}old</script></p>`, `{"a":"$&"}`)).toBe(`<p>${opening}{"a":"$&"}</script></p>`);
});
it("says when the template has no place for a report", () => {
    expect(() => embedReport("<p></p>", "{}")).toThrow("the template has no <script");
});
