"""Bulk API 2.0: what is defined, staged, run as a sync, waited for and read. Knows no object of Eloqua's.

Source: Oracle's Bulk API tutorials; a sync is pending, active, success, warning (some rows rejected) or error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from closeloop.declared.rest.refusals import Refused
from closeloop.declared.rest.shapes import dig
from closeloop.declared.rest.wire import Wire
from closeloop.words.errors import Permanent, Transient

Item = Mapping[str, object]

PAGE = 5_000
"""Rows of one answer."""

_ROOT = "/api/bulk/2.0"
_GONE = (404, 410)
_MOST_POLLS = 20
_WAITS = 1.5  # each wait is so much longer than the one before, up to ten times the first


class SyncFailed(Transient):
    """The sync ended in an error, or its data is no longer kept: define it anew."""


class Bulk:
    """The Bulk API of one instance.

    Args:
        wire: the instance.
        pause: waits for so many seconds.
        poll_seconds: before the first look at a sync.
    """

    def __init__(self, wire: Wire, pause: Callable[[float], None], poll_seconds: float) -> None:
        self._wire, self._pause, self._poll_seconds = wire, pause, poll_seconds

    def define(self, path: str, definition: Mapping[str, object]) -> str:
        """Define an export, import or sync action: its address. One call."""
        return self._text("POST", path, definition, "uri")

    def run(self, uri: str) -> str:
        """Start a sync of a definition: its address. One call."""
        return self._text("POST", "/syncs", {"syncedInstanceUri": uri}, "uri")

    def stage(self, uri: str, rows: Sequence[Item]) -> str:
        """Stage the rows of a definition that runs by itself: the address of its sync. One call."""
        return self._text("POST", f"{uri}/data", list(rows), "uri")

    def is_done(self, sync: str) -> bool:
        """Whether a sync is over. One call.

        Raises:
            SyncFailed: it ended in an error, or is not known any more.
        """
        return self._state(sync) in ("success", "warning")

    def wait(self, sync: str) -> bool:
        """Wait for a sync: whether it rejected rows. One call, and one more for each time it is not done.

        Raises:
            SyncFailed: it ended in an error.
            Transient: it takes longer than we wait.
        """
        for n in range(_MOST_POLLS):
            self._pause(self._poll_seconds * min(_WAITS**n, 10))
            state = self._state(sync)
            if state in ("success", "warning"):
                return state == "warning"
        raise Transient(f"Eloqua's sync {sync} is not done after {_MOST_POLLS} looks; it is looked for again later")

    def rows(self, sync: str, offset: int, part: str = "data") -> tuple[list[Item], bool]:
        """A page of what a sync exported (or "rejects"), and whether more follows. One call. Raises as `is_done`."""
        asked = {"limit": str(PAGE), "offset": str(offset)}
        body = self._of_sync(sync, f"/{part}", asked)
        items = dig(body, "items")
        found = [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
        return found, dig(body, "hasMore") is True

    def rejects(self, sync: str) -> list[Item]:
        """Every row that a sync rejected."""
        found, more = self.rows(sync, 0, "rejects")
        while more:
            page, more = self.rows(sync, len(found), "rejects")
            found += page
        return found

    def list_of(self, name: str) -> str | None:
        """The number of the shared list of this name. One call."""
        items = dig(self._call("GET", "/contacts/lists", params={"q": f"name='{name}'"}), "items")
        for item in items if isinstance(items, list) else ():
            if dig(item, "name") == name:
                return str(dig(item, "uri")).rpartition("/")[2]
        return None

    def _state(self, sync: str) -> str:
        state = str(dig(self._of_sync(sync), "status"))
        if state == "error":
            raise SyncFailed(f"Eloqua's sync {sync} ended in an error; its logs at Eloqua say why")
        return state

    def _of_sync(self, sync: str, part: str = "", params: Mapping[str, str] | None = None) -> object:
        try:
            return self._call("GET", sync + part, params=params)
        except Refused as refused:
            if refused.status in _GONE:
                raise SyncFailed(f"Eloqua no longer knows the sync {sync}") from refused
            raise

    def _call(self, method: str, path: str, body: object = None, params: Mapping[str, str] | None = None) -> object:
        return self._wire.call(method, _ROOT + path, body=body, params=params).body

    def _text(self, method: str, path: str, body: object, key: str) -> str:
        found = dig(self._call(method, path, body), key)
        if not isinstance(found, str):
            raise Permanent(f"Eloqua answered {method} {path} without {key!r}")
        return found
