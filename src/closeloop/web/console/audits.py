"""Reports that `closeloop audit` wrote into a folder, shown in a frame of their own that may do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from closeloop.web.console.render import Templates

FOLDER = Path("audit")
"""Where `closeloop audit` writes when it is not told otherwise, in the folder in which it is run."""
NOTHING = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""What a report may do: be looked at, by a page of ours or alone. It was made of what other systems say."""
_HERE = "-"
"""The name of the report in the folder itself; in an address it cannot be empty."""


class _File(msgspec.Struct):
    name: str = ""


class _Summary(msgspec.Struct):
    """What is read of report.json."""

    made_at: datetime | None = None
    files: list[_File] = []


@dataclass(frozen=True, slots=True)
class Kept:
    """One report; `files` are the exports that it is about."""

    name: str
    page: Path
    groups: Path | None
    made_at: datetime
    files: tuple[str, ...]


def kept(folder: Path) -> tuple[Kept, ...]:
    """The reports in a folder and in the folders in it, the newest first."""
    places = [folder, *(sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ())]
    found = [_kept(_HERE if place == folder else place.name, place) for place in places if _page(place).is_file()]
    return tuple(sorted(found, key=lambda each: (each.made_at, each.name), reverse=True))


class Audits:
    """The page of reports over one folder."""

    def __init__(self, templates: Templates, folder: Path) -> None:
        self._page, self._missing, self._folder = templates.page, templates.missing, folder

    def page(self, request: Request) -> Response:
        """The newest report, or the one that is named, and the list of all."""
        found, name = kept(self._folder), request.query_params.get("report", "")
        shown = next((each for each in found if each.name == name), None) if name else next(iter(found), None)
        if name and shown is None:
            return self._missing("report", name)
        return self._page("audit.html", reports=found, shown=shown, folder=str(self._folder))

    def report(self, request: Request) -> Response:
        """One report as it was written, for the frame."""
        found = self._named(request)
        if found is None:
            return self._missing("report", request.path_params["name"])
        return FileResponse(found.page, media_type="text/html", headers={"Content-Security-Policy": NOTHING})

    def groups(self, request: Request) -> Response:
        """What to merge and what to ask about, as the CSV that was written."""
        found = self._named(request)
        if found is None or found.groups is None:
            return self._missing("report", request.path_params["name"])
        return FileResponse(found.groups, media_type="text/csv", filename="groups.csv")

    def _named(self, request: Request) -> Kept | None:
        name = request.path_params["name"]  # compared with what is there, never made a path of
        return next((each for each in kept(self._folder) if each.name == name), None)


def _page(place: Path) -> Path:
    return place / "report.html"


def _kept(name: str, place: Path) -> Kept:
    page, groups = _page(place), place / "groups.csv"
    try:
        summary = msgspec.json.decode((place / "report.json").read_bytes(), type=_Summary)
    except (OSError, msgspec.DecodeError):
        summary = _Summary()
    written_at = datetime.fromtimestamp(page.stat().st_mtime, UTC)
    made_at = summary.made_at if summary.made_at and summary.made_at.tzinfo else written_at
    return Kept(
        name,
        page,
        groups if groups.is_file() else None,
        made_at,
        tuple(each.name for each in summary.files if each.name),
    )
