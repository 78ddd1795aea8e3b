"""All reports by name: the one list that the command line, the console and the reference page show."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.measure import follow_up, funnel, intake, outcomes, pipeline, returned, sourced, validity
from closeloop.measure.nouns import Asked, Report, Row
from closeloop.measure.window import Window

REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        funnel.REPORT, follow_up.REPORT, sourced.REPORT, returned.REPORT, outcomes.REPORT, pipeline.REPORT,
        intake.REPORT, validity.REPORT,
    )
}  # fmt: skip


def answer(report: Report, window: Window) -> list[Row]:
    """The report's rows now, from one consistent state of the database."""
    with window.database.read() as connection:
        return report.rows(Asked(connection, window.process, window.now()))
