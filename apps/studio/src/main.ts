import "./style.css";
import { renderFailure, renderReport } from "./page.ts";
import { parseReport, ReportError, type Report } from "./report.ts";

const page = document.getElementById("page") as HTMLElement;

function read(): Report | ReportError {
    try {
        return parseReport(document.getElementById("report")?.textContent ?? "");
    } catch (error) {
        if (error instanceof ReportError) return error;
        throw error;
    }
}

const report = read();
if (report instanceof ReportError) renderFailure(page, report);
else renderReport(page, report);
