"""Salesforce: `connect` speaks with a real organisation, `simulate` stands in for one."""

from __future__ import annotations

from closeloop.connectors.salesforce.connector import connect
from closeloop.connectors.salesforce.simulator import simulate

__all__ = ["connect", "simulate"]
