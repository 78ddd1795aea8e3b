"""Every stage of the conformance suite by its name."""

from __future__ import annotations

from collections.abc import Mapping

from support.stages.declared import FolderStage, PostgresStage, SmallStage, SqlStage
from support.stages.mail import MailStage
from support.stages.real_tryton import TrytonRestStage, TrytonStage
from support.stages.simulated import EloquaStage, MarketoStage, SalesforceStage
from support.stages.stage import Stage

STAGES: Mapping[str, type[Stage]] = {
    "salesforce": SalesforceStage,
    "marketo": MarketoStage,
    "eloqua": EloquaStage,
    "tryton": TrytonStage,
    "sql-sqlite": SqlStage,
    "sql-postgresql": PostgresStage,
    "folder": FolderStage,
    "rest-small": SmallStage,
    "rest-tryton": TrytonRestStage,
    "smtp": MailStage,
}
