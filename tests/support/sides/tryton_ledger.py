"""A hub in a process of its own that reads a real Tryton twice; prints what it made of it, without ids, as JSON.

python -m support.sides.tryton_ledger DATABASE_URL SETTINGS

It says "ready" when all that happens from now on will be told, and "read" after the first reading; before each reading
it waits for a line.
"""

from __future__ import annotations

import json
import sys

from closeloop.connectors import tryton
from closeloop.words.moment import SystemClock
from support.road import Road, road_on
from support.sides.process import of_tryton

_LEDGER = {
    "winners": "SELECT field, value, path, at FROM winners WHERE field NOT IN ('account', 'person', 'owner')",
    "touches": "SELECT kind, at FROM touches",
    "messages": "SELECT kind, state, reason FROM messages",
}


def ledger(road: Road) -> dict[str, list[str]]:
    """What the tables hold."""
    return {name: sorted(json.dumps(row, default=str) for row in road.rows(say)) for name, say in _LEDGER.items()}


def main(url: str, settings: dict[str, str]) -> None:
    """Read twice, and print the ledger."""
    connector = tryton.connect(settings, SystemClock())
    with road_on(url, of_tryton("1", "2"), SystemClock()) as road:
        road.hub.reads_on("crm", connector.mark())
        for said in ("ready", "read"):
            print(said, flush=True)
            sys.stdin.readline()
            road.hub.listen("crm", connector)
            road.decide()
        print(json.dumps(ledger(road)))
    connector.close()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
