"""Leads that were sent back, by reason and campaign: what marketing hears from sales."""

from __future__ import annotations

from sqlalchemy import text

from closeloop.measure.definitions import RETURNED
from closeloop.measure.nouns import Asked, Column, Report, Row, share

_RETURNED = text("""
    SELECT v.choice AS reason, n.campaign, COUNT(*) AS n, COUNT(DISTINCT n.person_id) AS n_people,
      MIN(s.n_leads) AS n_sourced,
      CAST(SUM(CASE WHEN b.lead_id IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS n_back,
      CAST(SUM(CASE WHEN b.won_at IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS n_won
    FROM v_lead_events v
    JOIN v_entries n ON n.lead_id = v.lead_id AND n.cycle = v.cycle
    JOIN (SELECT COALESCE(campaign, '') AS campaign, COUNT(*) AS n_leads FROM v_entries
          GROUP BY COALESCE(campaign, '')) s ON s.campaign = COALESCE(n.campaign, '')
    LEFT JOIN v_entries b ON b.lead_id = v.lead_id AND b.cycle = v.cycle + 1
    WHERE v.kind = 'sent_back'
    GROUP BY v.choice, n.campaign
    ORDER BY n DESC, v.choice, n.campaign""")


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
