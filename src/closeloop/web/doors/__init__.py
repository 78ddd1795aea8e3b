"""The HTTP doors: what is sent to the hub, acknowledged only once it is on disk."""

from closeloop.web.doors.group_commit import GroupCommit
from closeloop.web.doors.tracking import Limits, doors

__all__ = ["GroupCommit", "Limits", "doors"]
