"""Documentation checks: links that lead somewhere, commands that exist, names that are described."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

_FENCE = re.compile(r"^(?P<fence>```+).*?^(?P=fence)\s*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_CONSOLE = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


def written(root: Path) -> list[Path]:
    """The Markdown pages of the project, README and examples among them."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")])


def dead_links(root: Path) -> Iterator[str]:
    """Links within the project to a file or heading that is not there."""
    for page in written(root):
        for link in _LINK.finditer(_SPAN.sub("", _FENCE.sub("", page.read_text()))):
            path, _, anchor = link["target"].partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = page if not path else page.parent / path
            if not target.exists():
                yield f"{page.relative_to(root)}: {link['target']} leads nowhere"
            elif anchor and anchor not in _anchors(target):
                yield f"{page.relative_to(root)}: {link['target']} names no heading"


def unknown_commands(root: Path, commands: Iterable[str], targets: Iterable[str]) -> Iterator[str]:
    """Commands in `console` fences that are neither of closeloop's `commands` nor of make's `targets`."""
    known = {"closeloop": set(commands), "make": set(targets)}
    for page in written(root):
        for fence in _CONSOLE.finditer(page.read_text()):
            for line in re.findall(r"^\$ (.+)$", fence["body"], re.MULTILINE):
                program, *arguments = _words(line)
                first = next((word for word in arguments if not word.startswith("-") and "=" not in word), None)
                if program in known and first is not None and first not in known[program]:
                    yield f"{page.relative_to(root)}: `{program} {first}` is no command"


def undescribed(names: Iterable[str], reference: Path) -> list[str]:
    """Those of `names` that stand in code type on no page under `reference`."""
    pages = "\n".join(page.read_text() for page in sorted(reference.glob("**/*.md")))
    spans = "\n".join(_SPAN.findall(_FENCE.sub("", pages)))
    return [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", spans)]


def described_options(page: str) -> dict[str, set[str]]:
    """Command → the options in the tables below its heading; "" for those before the first command."""
    parts = re.split(r"^## `closeloop ([\w ]+)`$", page, flags=re.MULTILINE)
    named = zip(["", *parts[1::2]], parts[::2], strict=True)
    return {command: set(re.findall(r"^\| `(--[\w-]+)` \|", text, re.MULTILINE)) for command, text in named}


def make_targets(root: Path) -> set[str]:
    """What the Makefile declares as commands."""
    phony = re.search(r"^\.PHONY: (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    return set(phony[1].split()) if phony else set()


def _words(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return [words[0].rpartition("/")[2], *words[1:]] if words else [""]


def _anchors(page: Path) -> set[str]:
    titles = (heading["title"] for heading in _HEADING.finditer(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
