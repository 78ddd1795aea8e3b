"""Pursuits in SQL: one for each resolved person, product, region and cycle, however many leads its records became."""

from __future__ import annotations

PURSUITS = """
    SELECT person_id, product, region, cycle, MIN(entered_at) AS entered_at, MIN(won_at) AS won_at,
      COALESCE(MIN(won_at), CASE WHEN COUNT(ended_at) = COUNT(*) THEN MAX(ended_at) END) AS ended_at,
      MAX(CASE WHEN place = 1 THEN campaign END) AS campaign, MAX(CASE WHEN place = 1 THEN touch_id END) AS touch_id,
      MAX(CASE WHEN won_at IS NOT NULL THEN amount_minor END) AS amount_minor,
      MAX(CASE WHEN won_at IS NOT NULL THEN currency END) AS currency
    FROM (SELECT lead_id, person_id, product, region, cycle, entered_at, won_at, ended_at, campaign, touch_id,
            amount_minor, currency,
            ROW_NUMBER() OVER (PARTITION BY person_id, product, region, cycle ORDER BY entered_at, lead_id) AS place
          FROM v_entries) entries
    GROUP BY person_id, product, region, cycle"""
"""The lead that came in first says what brought it about; it is won when any is, and over when all are."""
