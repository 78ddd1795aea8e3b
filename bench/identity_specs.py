"""What is compared in the public sets with known truth, which have other columns than business contacts.

Levels are the usual ones of their kind of column; m, u, prior and thresholds are found without labels. Two choices were
made by someone who had seen labels: the wide blocks of historical, after narrow ones found two thirds of its pairs,
and the guards on papers of Senzing's set, after wrong joins of it were read. Its figures are no blind test of either.
"""

from __future__ import annotations

from dataclasses import replace

from closeloop.matching.bundle import Bundle
from closeloop.matching.spec import Bands, Block, Column, Comparison, Declaration, Guard, Level, Rarity, Spec

_ELSE: Declaration = ["else"]


def _silent(column: str) -> Level:
    return Level("unknown", ["missing", column], silent=True)


def _column(column: str, *between: Level, rare: bool = False) -> Comparison:
    """A column by itself: unknown, equal, what stands between, different."""
    equal = Level("equal", ["equal", column], rarity=Rarity(column) if rare else None)
    return Comparison(column, (column,), (_silent(column), equal, *between, Level("different", _ELSE)))


def _edits(column: str, n: int) -> Level:
    return Level(f"{n} edits at most", ["edits", column, n])


def _alike(column: str, least: float) -> Level:
    return Level("alike", ["jaro_winkler", column, least])


def _blocks(*rules: str) -> tuple[Block, ...]:
    return tuple(Block(rule.replace(" ", "_").replace(":", ""), tuple(rule.split())) for rule in rules)


_CROSSED: Declaration = ["crossed", "first", "last"]

FEBRL = Spec(
    name="febrl",
    version="1",
    made="",
    columns=(
        Column("first", "name", ("given_name",)),
        Column("last", "name", ("surname",)),
        Column("names", "words_sorted", ("=first", "=last")),
        Column("street", "digits", ("street_number",)),
        Column("line1", "text", ("address_1",)),
        Column("line2", "text", ("address_2",)),
        Column("suburb", "text", ("suburb",)),
        Column("postcode", "digits", ("postcode",)),
        Column("state", "text", ("state",)),
        Column("born", "digits", ("date_of_birth",)),
        Column("security", "digits", ("soc_sec_id",)),
    ),
    blocks=_blocks(
        "security", "born", "names", "line1", "line2", "postcode street", "suburb last", "suburb first",
        "postcode last", "postcode first", "security:4 last", "security:4 first",
    ),
    comparisons=(
        Comparison(
            "name",
            ("first", "last"),
            (
                Level("unknown", ["any", ["missing", "first"], ["missing", "last"]], silent=True),
                Level("equal", ["all", ["equal", "first"], ["equal", "last"]]),
                Level("changed places", _CROSSED),
                Level("both alike", ["all", ["jaro_winkler", "first", 0.88], ["jaro_winkler", "last", 0.88]]),
                Level("last equal", ["equal", "last"], rarity=Rarity("last")),
                Level("first equal", ["equal", "first"], rarity=Rarity("first")),
                Level("last alike", ["jaro_winkler", "last", 0.88]),
                Level("first alike", ["jaro_winkler", "first", 0.88]),
                Level("different", _ELSE),
            ),
        ),
        _column("born", _edits("born", 1)),
        _column("security", _edits("security", 1)),
        _column("street", _edits("street", 1)),
        Comparison(
            "address",
            ("line1", "line2"),
            (
                Level("unknown", ["any", ["missing", "line1"], ["missing", "line2"]], silent=True),
                Level("both alike", ["all", ["jaro_winkler", "line1", 0.88], ["jaro_winkler", "line2", 0.88]]),
                Level("lines changed places", ["meets", "line1", "line2"]),
                Level("one alike", ["any", ["jaro_winkler", "line1", 0.88], ["jaro_winkler", "line2", 0.88]]),
                Level("different", _ELSE),
            ),
        ),
        _column("suburb", _alike("suburb", 0.88), rare=True),
        _column("postcode", _edits("postcode", 1), rare=True),
        _column("state"),
    ),
    bands=Bands(n_records=5_000, same=3.0, ask=-3.0),
    prior=1e-4,
    most_per_key=2_000,
    training=(("security",), ("born",), ("first", "last"), ("postcode", "street")),
)  # fmt: skip
"""Synthetic Australian people with slips: FEBRL set 3."""

HISTORICAL = Spec(
    name="historical",
    version="1",
    made="",
    columns=(
        Column("first", "name", ("first_name",)),
        Column("last", "name", ("surname",)),
        Column("known_as", "known_as", ("=first",)),
        Column("whole", "name", ("full_name",)),
        Column("words", "words_sorted", ("=whole",)),
        Column("born", "text", ("dob",)),
        Column("place", "text", ("birth_place",)),
        Column("postcode", "text", ("postcode_fake",)),
        Column("occupation", "text", ("occupation",)),
        Column("gender", "text", ("gender",)),
    ),
    blocks=_blocks(
        "postcode",
        "born",
        "last",
        "words",
        "first place",
        "place born:4",
        "place occupation gender",
        "first postcode:3",
    ),
    comparisons=(
        Comparison(
            "first name",
            ("first",),
            (
                _silent("first"),
                # Too rare to be met in a sample of pairs.
                Level("changed places", _CROSSED, u=1e-5, fixed="u"),
                Level("equal", ["equal", "first"], rarity=Rarity("first")),
                Level("nickname", ["shares", "known_as"]),
                _alike("first", 0.88),
                Level("one name only", ["missing", "last"], silent=True),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "last name",
            ("last",),
            (
                Level("counted with the first", _CROSSED, silent=True),
                Level("equal", ["equal", "last"], rarity=Rarity("last")),
                _alike("last", 0.88),
                Level("the only name", ["all", ["missing", "last"], ["meets", "first", "last"]]),
                Level("unknown", ["missing", "last"], silent=True),
                Level("different", _ELSE),
            ),
        ),
        _column("born", _edits("born", 1), _edits("born", 2), rare=True),
        _column("place", rare=True),
        _column("postcode", _alike("postcode", 0.8), rare=True),
        _column("occupation", rare=True),
        _column("gender"),
    ),
    bands=Bands(n_records=25_000, same=3.0, ask=-3.0),
    prior=3e-4,
    most_per_key=2_000,
    most_per_cluster=60,
    training=(("born",), ("postcode",), ("first", "last"), ("place", "last")),
)
"""People of the past, ten records each, names and dates worn down: half a of Splink's historical_50k."""


def with_papers(bundle: Bundle) -> Bundle:
    """The bundle with what Senzing's set tells beyond a business contact; 159 records are too few to train on.

    m and u of the added levels are stated, rounded to what is usual for such columns.
    """
    spec = bundle.spec
    return Bundle(
        replace(
            spec,
            name="senzing",
            columns=(
                *spec.columns,
                Column("born", "digits", ("born",)),
                Column("document", "text", ("document",)),
                Column("street", "text", ("address",)),
                Column("postcode", "text", ("postcode",)),
                Column("kind", "text", ("kind",)),
            ),
            blocks=(
                *spec.blocks,
                *_blocks("document", "last born", "first born", "last postcode", "company", "street"),
            ),
            comparisons=(
                *spec.comparisons,
                _stated("born", (0.9, 0.005), (0.06, 0.02), (0.04, 0.975), _edits("born", 1)),
                _stated("document", (0.9, 0.0005), None, (0.1, 0.9995)),
                _stated("street", (0.5, 0.001), (0.25, 0.004), (0.25, 0.995), _alike("street", 0.85)),
            ),
            guards=(
                *spec.guards,
                Guard("other kind", ["not", ["equal", "kind"]], "one is a person and one is not"),
                _papers_differ("born", ["edits", "born", 1]),
                _papers_differ("document", ["equal", "document"]),
            ),
        )
    )


def _papers_differ(column: str, agree: Declaration) -> Guard:
    return Guard(
        f"other {column}", ["all", ["known", column], ["not", agree]], f"what they say under {column} disagrees"
    )


def _stated(
    column: str,
    equal: tuple[float, float],
    near: tuple[float, float] | None,
    different: tuple[float, float],
    *between: Level,
) -> Comparison:
    made = _column(column, *between)
    stated = [equal, *([near] if near else []), different]
    levels = [replace(level, m=m, u=u) for level, (m, u) in zip(made.levels[1:], stated, strict=True)]
    return replace(made, levels=(made.levels[0], *levels))
