"""Figures of a benchmark: the median of rounds that take turns, against a baseline in the same rounds."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `size` is what was varied; `ratio` is value / baseline."""

    name: str
    size: int
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None


def interleaved(contestants: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of each contestant over `rounds`, in each of which all of them run once."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds):
        names = list(contestants)
        # Nobody always goes first on a warm or a busy machine.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            seen[name].append(contestants[name]())
    return {name: median(values) for name, values in seen.items()}


def fsyncs_a_second(folder: Path, seconds: float = 1.0) -> float:
    """How many small writes a second the disk under `folder` puts away for good, one after the other."""
    path = folder / "fsync.probe"
    n = 0
    with path.open("wb", buffering=0) as file:
        start = time.perf_counter()
        while (took := time.perf_counter() - start) < seconds:
            file.write(b"\0" * 4096)
            os.fdatasync(file.fileno())
            n += 1
    path.unlink()
    return n / took


def tell(figures: list[Figure], *, as_json: bool) -> None:
    """Print a table, or one JSON object a line."""
    if as_json:
        for figure in figures:
            print(json.dumps(asdict(figure)))
        return
    wide = max([20, *(len(figure.name) + 2 for figure in figures)])
    print(f"{'name':<{wide}}{'size':>10}{'value':>12}{'baseline':>12}{'ratio':>8}  unit")
    for figure in figures:
        value, baseline, ratio = (_number(each) for each in (figure.value, figure.baseline, figure.ratio))
        print(f"{figure.name:<{wide}}{figure.size:>10,}{value:>12}{baseline:>12}{ratio:>8}  {figure.unit}")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
