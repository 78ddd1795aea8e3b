"""The processes that come with closeloop, for commands that can do without one of the installation's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from closeloop.words.errors import BadInput

_PACKAGE = Path(__file__).resolve().parent.parent
PROCESSES: Final = (_PACKAGE / "processes", _PACKAGE.parent.parent / "processes")
"""Where a wheel and the source tree have them."""


def packaged_process() -> Path:
    """The process file that is played and tried when none is named.

    Raises:
        BadInput: the package is not whole.
    """
    for folder in PROCESSES:
        if folder.is_dir():
            return folder / "b2b.yaml"
    looked = " nor in ".join(map(str, PROCESSES))
    raise BadInput(f"the processes that come with closeloop are neither in {looked}; name one with --process")
