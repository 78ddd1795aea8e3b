"""Tryton's wizards by call: opened, carried out, closed; a warning is answered with yes, since the hub has decided."""

from __future__ import annotations

from contextlib import suppress

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.judging import Asked
from closeloop.words.errors import EndError

CALLS = 3
"""Calls that one wizard takes when it asks nothing."""
_MOST_WARNINGS = 5


def run(client: Client, wizard: str, said: dict[str, object], step: str) -> None:
    """Carry out the only step of a wizard that asks one form.

    Raises:
        EndError: it was not carried out, or nobody knows.
    """
    session = client.tell(f"wizard.{wizard}.create")[0]
    try:
        _execute(client, wizard, session, said, step)
    finally:
        with suppress(EndError):
            client.tell(f"wizard.{wizard}.delete", session)


def _execute(client: Client, wizard: str, session: object, said: dict[str, object], step: str) -> None:
    for _ in range(_MOST_WARNINGS):
        try:
            client.tell(f"wizard.{wizard}.execute", session, {"ask": said}, step)
        except Asked as warning:
            client.tell("model.res.user.warning.skip", warning.name, False)
        else:
            return
    client.tell(f"wizard.{wizard}.execute", session, {"ask": said}, step)
