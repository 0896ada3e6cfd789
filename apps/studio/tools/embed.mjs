/**
 * How a report gets into the page: the text between these two marks is replaced. `cotangent tour` does the same in
 * C++; this one serves the tests, the development server and screenshots.
 */
export const opening = '<script id="report" type="application/json">';
export const closing = "</script>";

/**
 * `<` may not stand in the JSON as it is: `</script` and `<!--` would end or change the element. Inside a JSON text it
 * only occurs in strings, where \u003c means the same.
 * @param {string} json
 */
export function escapeForScript(json) {
    return json.replaceAll("<", "\\u003c");
}

/**
 * @param {string} template the built page
 * @param {string} json the report
 * @returns {string} the page with the report in it
 */
export function embedReport(template, json) {
    const start = template.indexOf(opening);
    if (start < 0) throw new Error(`embed: the template has no ${opening}`);
    const from = start + opening.length;
    const to = template.indexOf(closing, from);
    if (to < 0) throw new Error(`embed: the template has no ${closing} after ${opening}`);
    return template.slice(0, from) + escapeForScript(json) + template.slice(to);
}
