import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { defineConfig } from "vitest/config";
import { embedReport } from "./tools/embed.mjs";

/** While developing, the page shows the fixture; the built page stays empty until a command fills it. */
function showFixture(): Plugin {
    return {
        name: "show-fixture",
        apply: "serve",
        transformIndexHtml: (html) =>
            embedReport(html, readFileSync(new URL("fixtures/report.json", import.meta.url), "utf8")),
    };
}

/** The built page may load nothing from anywhere: the browser itself holds it to that. */
function forbidRequests(): Plugin {
    const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    return {
        name: "forbid-requests",
        apply: "build",
        transformIndexHtml: (html) =>
            html.replace("<head>", `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}">`),
    };
}

export default defineConfig({
    plugins: [showFixture(), forbidRequests(), viteSingleFile({ removeViteModuleLoader: true })],
    build: {
        target: "es2022",
        cssTarget: ["chrome123", "firefox121", "safari17.5"], // the first browsers that know light-dark()
        modulePreload: false,
        reportCompressedSize: false,
    },
    test: {
        projects: [
            { extends: true, test: { name: "unit", include: ["src/**/*.test.ts", "tools/**/*.test.ts"] } },
            {
                extends: true,
                test: { name: "page", include: ["e2e/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000 },
            },
        ],
    },
});
