"""`matching`: what follows outside when two records are one person, and what chooses among accounts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from closeloop.process.schema.base import Closed, Text


class MatchingPart(Closed):
    """`merge_in`: systems in which a merge of the hub is carried out too. None by default.

    `convert`: in those of them that convert leads, a lead beside a contact of the same person goes into that contact;
    with "accounts", one of somebody without a contact goes into the account that they belong to.
    `account_ties`: criteria that choose among accounts that match a person equally well, in order.
    """

    merge_in: list[Text] = Field(default_factory=list)
    convert: bool | Literal["accounts"] = False
    account_ties: list[Text] = Field(default_factory=list)
