"""Writes what each connector can do into docs/reference/connectors.md, from the quality.yaml of each.

.venv/bin/python tools/connectors_page.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "connectors.md"
FOLDERS = ROOT / "src" / "closeloop" / "connectors"
BEGIN, END = "<!-- from quality.yaml: begin -->", "<!-- from quality.yaml: end -->"
VERBS = (
    "create", "update", "deactivate", "reactivate", "merge", "convert", "restore", "erase", "join", "leave", "tell",
    "mail",
)  # fmt: skip
FACTS = ("against", "changes", "deletes", "bulk", "deactivates", "owner", "limits")
KEYS = {"system", "title", "proven", "reads", "writes", "verbs", "batch", "partial", *FACTS}


def qualities(folders: Path = FOLDERS) -> list[dict[str, Any]]:
    """What each connector says of itself, by title.

    Raises:
        ValueError: a file has other keys, or other values, than all of them have.
    """
    found = []
    for path in sorted(folders.glob("*/quality.yaml")):
        said = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        if set(said) != KEYS:
            raise ValueError(f"{path}: keys that differ from those of all others: {sorted(set(said) ^ KEYS)}")
        if said["proven"] not in ("real", "simulated") or not set(said["verbs"]) <= set(VERBS):
            raise ValueError(f"{path}: proven is real or simulated, verbs are among {', '.join(VERBS)}")
        found.append(said)
    return sorted(found, key=lambda said: str(said["title"]))


def table(found: Sequence[dict[str, Any]]) -> str:
    """The part of the page between its marks."""
    head = ["", *(str(said["title"]) for said in found)]
    rows = [
        ["proven", *(f"**{said['proven']}**" if said["proven"] == "real" else said["proven"] for said in found)],
        ["reads", *(", ".join(said["reads"]) or "–" for said in found)],
        ["writes", *(", ".join(said["writes"]) or "–" for said in found)],
        *([verb, *("yes" if verb in said["verbs"] else "–" for said in found)] for verb in VERBS),
        ["at once", *(f"{said['batch']:,}" if isinstance(said["batch"], int) else said["batch"] for said in found)],
    ]
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    for said in found:
        lines += ["", f"**{said['title']}**", "", "| | |", "|---|---|"]
        lines += [_row([fact, said[fact]]) for fact in FACTS]
        lines += ["", "Missing or untried:", "", *(f"- {each}" for each in said["partial"])] if said["partial"] else []
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the part between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(qualities())}\n{END}{after}"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
