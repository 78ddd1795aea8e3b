"""Tryton: parties and opportunities of a company, over JSON-RPC."""

from __future__ import annotations

from closeloop.connectors.tryton.connector import Tryton, connect

__all__ = ["Tryton", "connect"]
