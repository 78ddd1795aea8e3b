"""In which encoding a text is: by its mark, by its zeros, by being UTF-8 throughout, or by a guess."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from charset_normalizer import from_bytes

from closeloop.tables.nouns import Choice
from closeloop.words.errors import BadInput

BLOCK = 1 << 20
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# What exports come in; others can be said, but are not guessed.
_GUESSED = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "gb18030", "big5", "cp932",
    "euc_jp", "cp949", "koi8_r", "mac_roman", "cp850", "cp874",
]  # fmt: skip
_EVIDENCE = 100_000
# Letters of Polish, Czech and Hungarian read as Western ones, and the same for a Mac's and for Turkish.
_CENTRAL = re.compile(r"[^\W\d_][³¹£¥¼¾ªº¯¿]|[³¹£¥¼¾¯][^\W\d_]|[ìòù][^\W\d_]|[^\W\d_]õ\b")
_MAC = re.compile(r"[A-Za-z][Ÿ‘ˆ™‡§][a-z]|[a-z]§(?![\w ])")
_TURKISH = re.compile(r"[ðþýÝÞÐ]")
_ICELANDIC = re.compile(r"[æáíúó]")


@dataclass(frozen=True, slots=True)
class Measured:
    """A file read from end to end once: `digest` is SHA-256, `evidence` lines with octets beyond ASCII."""

    digest: str
    n_bytes: int
    head: bytes
    evidence: bytes


def measure(path: Path) -> Measured:
    """Read the whole file once.

    Raises:
        BadInput: not there, no file, or it may not be read.
    """
    digest, n_bytes, head, evidence = sha256(), 0, b"", bytearray()
    try:
        for block in _blocks(path):
            digest.update(block)
            n_bytes += len(block)
            head = head or block[: 64 << 10]
            if len(evidence) < _EVIDENCE and not block.isascii():
                evidence += b"".join(_beyond_ascii(block, first=n_bytes == len(block)))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}; name a file that is there") from None
    return Measured(digest.hexdigest(), n_bytes, head, bytes(evidence))


def encoding_of(path: Path, measured: Measured, said: str | None) -> tuple[str, bool, Choice]:
    """The codec, whether a few octets are not in it (their rows are refused), and the reason.

    Args:
        path: of the file.
        measured: from `measure`.
        said: what a person or the process says; it is checked, never doubted.

    Raises:
        BadInput: no such encoding, the text is not in the one that was said (with the offset of the octet), or in none.
    """
    if said is not None:
        return _as_said(path, measured, said)
    for mark, codec in _MARKS:
        if measured.head.startswith(mark) and _broken(path, codec) is None:
            return codec, False, Choice("encoding", codec.removesuffix("-sig"), "its byte order mark says so")
    wide = _by_zeros(measured.head)
    if wide is not None and _broken(path, wide) is None:
        return wide, False, Choice("encoding", wide, "every other octet is zero, as in Western text of two octets each")
    if measured.head.count(0) > len(measured.head) / 20:
        raise BadInput(f"{path}: is no text and no table of a known format; save it as XLSX, Parquet or CSV")
    broken = _broken(path, "utf-8")
    if broken is None:
        beyond = bool(measured.evidence)
        return "utf-8-sig", False, Choice("encoding", "utf-8", "all of it is UTF-8" if beyond else "all of it is ASCII")
    n_good, n_bad = _sequences(measured.evidence)
    if n_good > 9 * n_bad or (measured.head.startswith(codecs.BOM_UTF8)):
        why = f"{n_good} characters in a sample are, {n_bad} octets are not: their rows are refused; first: {broken}"
        return "utf-8-sig", True, Choice("encoding", "utf-8", why, sure=False)
    return _guessed(path, measured)


def blocks_decoded(path: Path, codec: str) -> Iterator[str]:
    """The text of a file, block by block.

    Raises:
        UnicodeDecodeError: an octet is not in the encoding; its `start` counts from the beginning of the file.
    """
    decoder, before = codecs.getincrementaldecoder(codec)(), 0
    for block in (*_blocks(path), b""):
        held = len(decoder.getstate()[0])
        try:
            yield decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            start, octets = before - held + error.start, error.object[error.start : error.start + 1]
            raise UnicodeDecodeError(error.encoding, octets, start, start + 1, error.reason) from None
        before += len(block)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _beyond_ascii(block: bytes, *, first: bool) -> Iterator[bytes]:
    """Whole lines of a block; at its ends others may be cut within a character."""
    lines = block.splitlines(keepends=True)
    whole = slice(0 if first or len(lines) == 1 else 1, -1 if len(block) == BLOCK and len(lines) > 1 else None)
    return (line[:_EVIDENCE] for line in lines[whole] if not line.isascii())


def _as_said(path: Path, measured: Measured, said: str) -> tuple[str, bool, Choice]:
    try:
        name = codecs.lookup(said).name
        "".encode(name)
        b"".decode(name)
    except LookupError:
        raise BadInput(
            f"{path}: there is no encoding {said!r}; valid are such as utf-8, utf-16, cp1252, gb18030, or leave it out"
        ) from None
    # A byte order mark is no part of the text.
    codec = "utf-8-sig" if name == "utf-8" else name
    broken = _broken(path, codec)
    if broken is not None:
        try:
            instead = f"it looks like {encoding_of(path, measured, None)[2].value}; "
        except BadInput:
            instead = ""
        raise BadInput(f"{path}: not {said}: {broken}; {instead}save it so, or declare its `encoding` for the source")
    return codec, False, Choice("encoding", said, "as was said")


def _broken(path: Path, codec: str) -> str | None:
    """Where the text is not in the encoding."""
    try:
        for _ in blocks_decoded(path, codec):
            pass
    except UnicodeDecodeError as error:
        octet = f"octet {error.object[0]:#04x}" if error.object else "the end"
        return f"{octet} at offset {error.start} ({error.reason})"
    except UnicodeError as error:
        return str(error)
    return None


def _by_zeros(head: bytes) -> str | None:
    half = len(head) // 2
    if half < 2:
        return None
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.1 and even < 0.01:
        return "utf-16-le"
    return "utf-16-be" if even > 0.1 and odd < 0.01 else None


def _sequences(evidence: bytes) -> tuple[int, int]:
    """Characters beyond ASCII that are UTF-8, and octets that are not."""
    text = evidence.decode("utf-8", "surrogateescape")
    beyond = [letter for letter in text if letter > "\x7f"]
    n_bad = sum("\ud800" <= letter <= "\udfff" for letter in beyond)
    return len(beyond) - n_bad, n_bad


def _guessed(path: Path, measured: Measured) -> tuple[str, bool, Choice]:
    matches = {match.encoding: match for match in from_bytes(measured.evidence, cp_isolation=_GUESSED)}
    ranked = list(matches)
    if ranked:
        # Of several that read alike the usual one is first; the detector itself ranks them by the alphabet.
        best = matches[ranked[0]]
        alike = (match for match in matches.values() if match.chaos <= best.chaos + 0.1)
        western = any("cp1252" in (match.encoding, *match.could_be_from_charset) for match in alike)
        text = measured.evidence.decode("cp1252", "replace")
        if "mac_roman" in matches and _MAC.search(text):
            ranked.insert(0, "mac_roman")
        elif western:
            ranked.insert(0, _western(text))
    for codec in (*ranked, "cp1252", "latin-1"):
        if _broken(path, codec) is None:
            words = ", ".join(_words(measured.evidence.decode(codec, "replace")))
            return codec, False, Choice("encoding", codec, f"no UTF-8; a guess, by which it says {words}", sure=False)
    raise BadInput(f"{path}: is in no known encoding; save it as UTF-8")  # pragma: no cover - latin-1 reads everything


def _western(text: str) -> str:
    if len(_CENTRAL.findall(text)) * 20 > len(_words(text, 1000)):
        return "cp1250"
    if _TURKISH.search(text) and not _ICELANDIC.search(text):
        return "cp1254"
    return "cp1252"


def _words(text: str, n: int = 3) -> list[str]:
    found = (word for word in re.findall(r"\w{1,30}", text) if not word.isascii())
    return list(dict.fromkeys(found))[:n] or [ascii(letter) for letter in text if letter > "\x7f"][:1]
