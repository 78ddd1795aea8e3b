"""The funnel by cohort: how many names became leads, and how far each lead came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import text

from closeloop.measure.definitions import FUNNEL
from closeloop.measure.months import DAY_US, month_of
from closeloop.measure.nouns import Asked, Column, Report, Row, share
from closeloop.measure.pursuits import PURSUITS
from closeloop.process.nouns import Process

_NAMES = text(f"""
    SELECT first_at / {DAY_US} AS day, COUNT(*) AS n, CAST(SUM(is_lead) AS BIGINT) AS n_leads
    FROM (SELECT e.entity_id, COALESCE(MIN(t.at), MIN(e.created_at)) AS first_at,
            CASE WHEN EXISTS (SELECT 1 FROM v_leads l WHERE l.person_id = e.entity_id) THEN 1 ELSE 0 END AS is_lead
          FROM v_entities e LEFT JOIN v_timeline t ON t.root_id = e.entity_id
          WHERE e.kind = 'person' AND e.root_id = e.entity_id
          GROUP BY e.entity_id) people
    GROUP BY first_at / {DAY_US}""")  # noqa: S608 — a number of ours
_STEPS = text(f"""
    SELECT p.entered_at / {DAY_US} AS day, s.step, COUNT(*) AS n,
      CAST(SUM(CASE WHEN s.cycle > 1 THEN 1 ELSE 0 END) AS BIGINT) AS n_again
    FROM (SELECT person_id, product, region, cycle, 'leads' AS step FROM v_entries
          UNION SELECT person_id, product, region, cycle, 'responded' FROM v_entries WHERE responded_at IS NOT NULL
          UNION SELECT person_id, product, region, cycle, 'won' FROM v_entries WHERE won_at IS NOT NULL
          UNION SELECT person_id, product, region, cycle, 'stage ' || stage FROM v_lead_events
          UNION SELECT person_id, product, region, cycle, stage || ': ' || choice FROM v_lead_events
            WHERE kind IN ('outcome', 'milestone')) s
    JOIN ({PURSUITS}) p
      ON p.person_id = s.person_id AND p.product = s.product AND p.region = s.region AND p.cycle = s.cycle
    GROUP BY p.entered_at / {DAY_US}, s.step""")  # noqa: S608 — texts of ours


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel; `of` is the step that its rate divides by."""

    name: str
    of: str | None


def steps(process: Process) -> tuple[Step, ...]:
    """The funnel's steps as the process has them: names, leads, responded, each stage with its gates, won."""
    stages = (name for name, stage in process.stages.items() if not stage.final)
    return (
        Step("names", None),
        Step("became leads", "names"),
        Step("leads", None),
        Step("responded", "leads"),
        *chain.from_iterable(_of_stage(name, process) for name in stages),
        Step("won", "leads"),
    )


def _of_stage(name: str, process: Process) -> Iterator[Step]:
    yield Step(f"stage {name}", "leads")
    for milestone in process.stages[name].milestones:
        yield Step(f"{name}: {milestone}", f"stage {name}")
    for outcome, rule in process.stages[name].outcomes.items():
        if rule.move.to:
            yield Step(f"{name}: {outcome}", f"stage {name}")


def _rows(asked: Asked) -> list[Row]:
    counted: Counter[tuple[str, str]] = Counter()
    again: Counter[tuple[str, str]] = Counter()
    for day, n, n_leads in asked.connection.execute(_NAMES):
        counted[month_of(day), "names"] += n
        counted[month_of(day), "became leads"] += n_leads
    for day, step, n, n_again in asked.connection.execute(_STEPS):
        counted[month_of(day), step] += n
        again[month_of(day), step] += n_again
    return [
        (month, step.name, counted[month, step.name], again[month, step.name], step.of, *_rate(month, step, counted))
        for month in sorted({month for month, _ in counted})
        for step in steps(asked.process)
    ]


def _rate(month: str, step: Step, counted: Counter[tuple[str, str]]) -> tuple[float | None]:
    return (share(counted[month, step.name], counted[month, step.of]) if step.of else None,)


REPORT = Report(
    "How many names become leads, and how far do the leads come?",
    FUNNEL,
    (
        Column("cohort", "", "month of the first touch (names) or of becoming a lead (all other steps)"),
        Column("step", "", "what was reached: a stage, an outcome that moves on, a milestone, won"),
        Column("n", "count", "people (names, became leads) or leads that reached it"),
        Column("again", "count", "of `n`, leads that came in again after a sending back"),
        Column("of", "", "the step that `rate` divides by"),
        Column("rate", "%", "`n` of that step in the same cohort"),
    ),
    _rows,
)
