"""Alembic at work: the revisions that a database lacks. Loaded only for a database that lacks one."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

logging.getLogger("alembic").setLevel(logging.WARNING)


def upgrade(connection: Connection, history: Path) -> None:
    """Bring the tables to the newest revision of this history, within the transaction that is open."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(history).replace("%", "%%"))
    command.upgrade(config, "head")
