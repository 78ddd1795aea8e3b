"""Leads that were sent back, by reason and campaign: what marketing hears from sales."""

from __future__ import annotations

from sqlalchemy import text

from closeloop.measure.definitions import RETURNED
from closeloop.measure.nouns import Asked, Column, Report, Row, share
from closeloop.measure.pursuits import PURSUITS

_RETURNED = text(f"""
    WITH pursuits AS ({PURSUITS}),
    sent_back AS (
      SELECT DISTINCT v.choice AS reason, n.person_id, n.product, n.region, n.cycle
      FROM v_lead_events v JOIN v_entries n ON n.lead_id = v.lead_id AND n.cycle = v.cycle WHERE v.kind = 'sent_back'),
    sourced AS (SELECT COALESCE(campaign, '') AS campaign, COUNT(*) AS n FROM pursuits GROUP BY COALESCE(campaign, ''))
    SELECT v.reason, p.campaign, COUNT(*) AS n, COUNT(DISTINCT v.person_id) AS n_people, MIN(s.n) AS n_sourced,
      COUNT(b.person_id) AS n_back, COUNT(b.won_at) AS n_won
    FROM sent_back v
    JOIN pursuits p ON p.person_id = v.person_id AND p.product = v.product AND p.region = v.region AND p.cycle = v.cycle
    JOIN sourced s ON s.campaign = COALESCE(p.campaign, '')
    LEFT JOIN pursuits b ON b.person_id = v.person_id AND b.product = v.product AND b.region = v.region
      AND b.cycle = v.cycle + 1
    GROUP BY v.reason, p.campaign
    ORDER BY n DESC, v.reason, p.campaign""")  # noqa: S608 — a text of ours


def _rows(asked: Asked) -> list[Row]:
    return [
        (line.reason, line.campaign, line.n, line.n_people, line.n_sourced, share(line.n, line.n_sourced), line.n_back,
         line.n_won)
        for line in asked.connection.execute(_RETURNED)
    ]  # fmt: skip


REPORT = Report(
    "Which leads does sales send back, why, and where did they come from?",
    RETURNED,
    (
        Column("reason", "", "why it was sent back"),
        Column("campaign", "", "the campaign that sourced the lead in that cycle; none: no campaign"),
        Column("n", "count", "leads sent back"),
        Column("people", "count", "resolved people among them"),
        Column("sourced", "count", "all leads that the campaign sourced"),
        Column("share", "%", "`n` of `sourced`"),
        Column("came_back", "count", "of `n`, became a lead again later"),
        Column("won_later", "count", "of `came_back`, won"),
    ),
    _rows,
)
