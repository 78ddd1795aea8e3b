"""What connectors did since they were last asked, counted once, whichever of their threads asks."""

from __future__ import annotations

import threading

from closeloop.ports import Connector


class CallsMade:
    """Counts by connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Connector, int]] = {}

    def since(self, source: str, connector: Connector) -> int:
        """Calls that this connector made since it was last asked for, or since it was made."""
        with self._lock:
            before = self._known.get(source)
            n = connector.calls
            self._known[source] = (connector, n)
            return n - before[1] if before is not None and before[0] is connector else n
