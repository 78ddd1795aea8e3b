"""Who can own records in Salesforce: its users, active or not, and the queues that wait for one."""

from __future__ import annotations

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.ports import Owner


def owners(client: Client) -> list[Owner]:
    """Every user and every queue, in order of their ids. Two calls, more where there are thousands."""
    users = _rows(client, "User", ("Id", "Name", "Email", "IsActive"), "")
    queues = _rows(client, "Group", ("Id", "Name"), "WHERE Type = 'Queue' ")
    return [
        *(Owner(str(u["Id"]), str(u["Name"]), bool(u["IsActive"]), email=_text(u, "Email")) for u in users),
        *(Owner(str(queue["Id"]), str(queue["Name"]), active=True, kind="queue") for queue in queues),
    ]


def _rows(client: Client, of: str, fields: tuple[str, ...], where: str) -> list[Row]:
    return client.query(of, fields, where + "ORDER BY Id")


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) else None
