"""The conditions of one process as SQL over people: their winners pivoted into the columns that the conditions need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy import Connection

from closeloop.process.nouns import FieldRule, Process
from closeloop.process.vocabulary import FORM_KINDS, PURSUIT_NAMES, related
from closeloop.record.builtin import RELATIONS, rules_for
from closeloop.rules import Kind, Vocabulary
from closeloop.rules.sql import to_sql
from closeloop.rules.sql_dialects import dialect_of
from closeloop.rules.sql_text import Sql
from closeloop.rules.staged import Column, staged_for
from closeloop.words.email import is_disposable, is_valid_email
from closeloop.words.errors import BadInput

_LONGEST: Final = 15
"""Characters of a number that every engine reads alike."""
_PURSUIT: Final = ("product", "fit", "interest")
_STAGED: Final = ("text", "number", "boolean")
Bounds = Mapping[str, str]


class Asking:
    """What is asked of everybody.

    Attributes:
        relations: entities that a condition asks exists() of; no record of theirs is staged.

    Raises:
        BadInput: a condition cannot be asked so; the reason.
    """

    def __init__(self, process: Process, dialect: str, now: datetime) -> None:
        if dialect not in ("sqlite", "postgresql"):
            raise BadInput(f"{dialect} keeps no people")
        self._name = cast("Literal['sqlite', 'postgresql']", dialect)
        self._mark = "?" if dialect == "sqlite" else "%s"
        self._dialect = dialect_of(self._name)
        self._process, gate = process, process.gate
        self._fit_lines = [(line, line.when) for line in process.fit if line.when is not None]
        rules = [when for _, when in self._fit_lines] + [gate.when, *([gate.unless] if gate.unless else [])]
        self.relations = sorted({name for rule in rules for name in rule.relations})
        self._of = {kind: _fields(process, kind) for kind in ("account", "person")}
        forms = {name: rule.form for rules_of in self._of.values() for name, rule in rules_of.items()}
        kinds: dict[str, Kind] = {name: FORM_KINDS[form] for name, form in forms.items()}
        self._staged = staged_for(
            rules, Vocabulary({**kinds, "region": "text", **PURSUIT_NAMES}, related(process.records)), table="asked"
        )
        self._needs = [name for name in gate.needs if name not in ("product", "region")]
        _check(self.relations, self._staged.columns, self._needs, forms)
        self._columns = {name: each for name, each in self._staged.columns.items() if name not in _PURSUIT}
        self._forms = {name: forms[name] for name in {*self._columns, *self._needs} if name in forms}
        self._fit = [to_sql(when, self._staged, self._name, now) for _, when in self._fit_lines]
        self._when = to_sql(gate.when, self._staged, self._name, now)
        self._unless = to_sql(gate.unless, self._staged, self._name, now) if gate.unless else Sql("FALSE")
        self._regions = _regions(process)
        self._one_region = len(process.regions) == 1 and "country" not in process.fields.get("person", {})

    @contextmanager
    def staged(self, connection: Connection, bounds: Bounds) -> Iterator[None]:
        """People staged, for as long as the block lasts."""
        run = connection.exec_driver_sql
        if self._name == "postgresql":
            run("SET LOCAL jit = off")
        for table, columns in self._tables().items():
            named = ", ".join(f'"{name}" {kind}' for name, kind in columns)
            run(f"CREATE TEMPORARY TABLE {table} ({named})")
        self._put(connection, "asked_regions", [(f'"{country}"', name) for country, name in self._regions.items()])
        said = self._pivot()
        run(said, (bounds["after"], bounds["last"]) * said.count(f"> {self._mark}"))
        self._tell_addresses(connection)
        yield
        for table in self._tables():
            run(f"DROP TABLE {table}")

    def odd(self, connection: Connection) -> Sequence[str]:
        """Those who hold a value that a column cannot."""
        return connection.exec_driver_sql("SELECT subject FROM asked WHERE odd").scalars().all()

    def fit(self, connection: Connection) -> dict[str, float]:
        """Root → points of every line that is true, added up as `score.fit` adds them."""
        columns = "".join(f", {each.text}" for each in self._fit)
        rows = connection.exec_driver_sql(
            f"SELECT s.subject{columns} FROM asked AS s",  # noqa: S608 - compiled conditions
            tuple(value for each in self._fit for value in each.parameters),
        )
        known: dict[tuple[bool, ...], float] = {}
        found = {}
        for subject, *held in rows:
            holds = tuple(map(bool, held))
            if holds not in known:
                points = (line.points for (line, _), one in zip(self._fit_lines, holds, strict=True) if one)
                known[holds] = round(sum(points), 6)
            found[subject] = known[holds]
        return found

    def passed(
        self, connection: Connection, fit: Mapping[str, float], interest: Mapping[str, Mapping[str, float]]
    ) -> Sequence[tuple[str, str]]:
        """Root and product, wherever the gate says yes; of those whose fit is given."""
        pursuits = [
            (root, product, float(fit[root]), float(points))
            for root, products in interest.items()
            if root in fit
            for product, points in products.items()
        ]
        self._put(connection, "asked_pursuits", pursuits)
        named = "".join(
            f', {f"p.{name}" if part == column.part(column.kind) else "NULL"} AS "{part}"'
            for name in _PURSUIT
            if (column := self._staged.columns.get(name)) is not None
            for part, _ in column.types()
        )
        needs = "".join(f' AND s."has {name}"' for name in self._needs)
        said = f"""
            SELECT s.subject, s.of_product
            FROM (SELECT a.*, p.product AS of_product{named} FROM asked a JOIN asked_pursuits p USING (subject)) AS s
            WHERE {self._when.text} AND NOT {self._unless.text} AND s.in_region{needs}
        """  # noqa: S608 - compiled conditions, the rest ours
        rows = connection.exec_driver_sql(said, (*self._when.parameters, *self._unless.parameters))
        return [(subject, product) for subject, product in rows]

    def _tables(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        sorts = self._dialect.types
        types = [(name, sorts[sort]) for column in self._columns.values() for name, sort in column.types()]
        flags = [("odd", sorts["boolean"]), ("in_region", sorts["boolean"])]
        flags += [(f"has {name}", sorts["boolean"]) for name in self._needs]
        text, double = sorts["text"], sorts["double"]
        return {
            "asked": [("subject", text), *flags, *types],
            "asked_regions": [("country", text), ("region", text)],
            "asked_pursuits": [("subject", text), ("product", text), ("fit", double), ("interest", double)],
            "asked_addresses": [("said", text), ("valid", sorts["boolean"]), ("disposable", sorts["boolean"])],
            **{
                each.table: [
                    (each.key, text),
                    *((name, sorts[sort]) for column in each.columns.values() for name, sort in column.types()),
                ]
                for each in self._staged.related.values()
            },
        }

    def _pivot(self) -> str:
        """One row a person: of each field the JSON and the validity of their own winner, else of their account's."""
        wanted = sorted({*self._forms, "country"})
        quoted = {name: name.replace("'", "''") for name in wanted}
        own = {of: [name for name in wanted if name in self._of[of]] for of in ("person", "account")}
        lists = {of: ", ".join(f"'{quoted[name]}'" for name in names) or "''" for of, names in own.items()}
        pivoted = "".join(
            f", MAX(CASE WHEN said.of = '{of}' AND said.field = '{quoted[name]}' THEN said.{what} END)"
            f" AS {of}{what}{wanted.index(name)}"
            for of, names in own.items()
            for name in names
            for what in ("value", "valid")
        )
        exprs = self._expressions(wanted, quoted)
        country = f"people.personvalue{wanted.index('country')}" if "country" in own["person"] else "NULL"
        bounds = f"e.kind = 'person' AND e.id = e.root_id AND e.id > {self._mark} AND e.id <= {self._mark}"
        return f"""
            INSERT INTO asked (subject, {", ".join(f'"{name}"' for name in exprs)})
            SELECT people.id, {", ".join(exprs.values())}
            FROM (
              SELECT e.id{pivoted}
              FROM entities e LEFT JOIN (
                SELECT w.entity_id AS root_id, 'person' AS of, w.field, w.value, w.valid
                FROM entities e JOIN winners w ON w.entity_id = e.id AND w.field IN ({lists["person"]})
                WHERE {bounds} AND w.value <> '""'
                UNION ALL
                SELECT e.id, 'account', w.field, w.value, w.valid
                FROM entities e
                JOIN winners tie ON tie.entity_id = e.id AND tie.field = 'account'
                JOIN entities a ON a.id = substr(tie.value, 2, length(tie.value) - 2)
                JOIN winners w ON w.entity_id = a.root_id AND w.field IN ({lists["account"]})
                WHERE {bounds} AND w.value <> '""'
              ) AS said ON said.root_id = e.id
              WHERE {bounds}
              GROUP BY e.id
            ) AS people LEFT JOIN asked_regions r ON r.country = {country}
        """  # noqa: S608 - names of the process file, quoted

    def _expressions(self, wanted: Sequence[str], quoted: Mapping[str, str]) -> dict[str, str]:
        """Column of the staged table → what stands in it."""
        found: dict[str, str] = {}
        odd = []
        for name, form in sorted(self._forms.items()):
            at, kind = wanted.index(name), FORM_KINDS[form]
            read, strange, has = self._read(kind, *self._sides(name, at))
            odd.append(strange)
            if name in self._needs:
                found[f"has {name}"] = has
            if column := self._columns.get(name):
                found[column.part(kind)] = read
                if "verified" in column.beside:
                    is_own = name in self._of["person"]
                    said = self._verified(quoted[name], f"people.personvalue{at}") if is_own else "FALSE"
                    found[column.part("verified")] = said
        if column := self._columns.get("region"):
            found[column.part("text")] = "r.region"
        valid = f"people.personvalid{wanted.index('country')}" if "country" in self._of["person"] else "0"
        in_region = f"COALESCE({valid} = 1 AND r.region IS NOT NULL, FALSE)"
        found["in_region"] = "TRUE" if self._one_region else in_region
        found["odd"] = f"COALESCE({' OR '.join(odd)}, FALSE)" if odd else "FALSE"
        return found

    def _sides(self, name: str, at: int) -> tuple[str, str]:
        """The JSON of a field and whether it is valid: the person's own goes before the account's, valid or not."""
        (own, own_valid), (theirs, theirs_valid) = (
            (f"people.{of}value{at}", f"people.{of}valid{at}") if name in self._of[of] else ("NULL", "NULL")
            for of in ("person", "account")
        )
        if "NULL" in (own, theirs):
            return (own, own_valid) if theirs == "NULL" else (theirs, theirs_valid)
        return f"COALESCE({own}, {theirs})", f"CASE WHEN {own} IS NULL THEN {theirs_valid} ELSE {own_valid} END"

    def _read(self, kind: Kind, value: str, valid: str) -> tuple[str, str, str]:
        """How JSON reads as a value of a kind; when it is odd; whether there is one."""
        if kind == "text":
            read = f"json_extract({value}, '$')" if self._name == "sqlite" else f"({value})::json #>> '{{}}'"
            plain = f"substr({value}, 1, 1) = '\"' AND replace({value}, '\\u0000', '') = {value}"
            return f"CASE WHEN {plain} THEN {read} END", f"NOT ({plain})", f"{value} IS NOT NULL"
        if kind == "number":
            plain = f"substr({value}, 1, 1) NOT IN ('\"', 't', 'f') AND length({value}) <= {_LONGEST}"
            read = f"CASE WHEN {valid} = 1 AND {plain} THEN CAST({value} AS {self._dialect.types['double']}) END"
            return read, f"({valid} = 1 AND NOT ({plain}))", f"COALESCE({valid} = 1, FALSE)"
        plain = f"{value} IN ('true', 'false')"
        read = f"CASE WHEN {valid} = 1 AND {plain} THEN {value} = 'true' END"
        return read, f"({valid} = 1 AND NOT ({plain}))", f"COALESCE({valid} = 1, FALSE)"

    @staticmethod
    def _verified(name: str, value: str) -> str:
        return (
            "EXISTS (SELECT 1 FROM entities m JOIN verifications v ON v.entity_id = m.id"  # noqa: S608 - quoted
            f" WHERE m.root_id = people.id AND v.field = '{name}' AND v.value = {value})"
        )

    def _tell_addresses(self, connection: Connection) -> None:
        """Whether each text is an address, and whether a throw-away one."""
        for column in self._columns.values():
            told = sorted(column.beside & {"valid", "disposable"})
            if not told:
                continue
            said = column.part("text")
            texts = connection.exec_driver_sql(f'SELECT DISTINCT "{said}" FROM asked WHERE "{said}" IS NOT NULL')  # noqa: S608 - ours
            connection.exec_driver_sql("DELETE FROM asked_addresses")
            self._put(
                connection,
                "asked_addresses",
                [(each, is_valid_email(each), is_disposable(each)) for each in texts.scalars()],
            )
            connection.exec_driver_sql("CREATE INDEX asked_said ON asked_addresses (said)")
            for what in told:
                connection.exec_driver_sql(
                    f'UPDATE asked SET "{column.part(what)}" = COALESCE('  # noqa: S608 - ours
                    f'(SELECT t.{what} FROM asked_addresses t WHERE t.said = asked."{said}"), FALSE)'
                )
            connection.exec_driver_sql("DROP INDEX asked_said")

    def _put(self, connection: Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        columns = self._tables()[table]
        if self._name == "sqlite":
            marks = ", ".join("?" for _ in columns)
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", list(rows))  # noqa: S608 - ours
            return
        arrays = ", ".join(f"%s::{kind.split(' COLLATE')[0]}[]" for _, kind in columns)
        connection.exec_driver_sql(
            f"INSERT INTO {table} SELECT * FROM unnest({arrays})",  # noqa: S608 - ours
            tuple(list(column) for column in zip(*rows, strict=True)),
        )


def _fields(process: Process, kind: str) -> Mapping[str, FieldRule]:
    return {name: rule for name, rule in rules_for(process, kind).items() if name not in RELATIONS}


def _regions(process: Process) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for region in process.regions.values():
        for country in region.countries:
            found.setdefault(country, region.name)
    return found


def _check(
    relations: Collection[str], columns: Mapping[str, Column], needs: Collection[str], forms: Mapping[str, str]
) -> None:
    """Raise with the reason where a condition reads what is not staged."""
    if strange := sorted(set(relations) - {"opportunity"}):
        raise BadInput(f"a condition says exists({', '.join(strange)}, …)")
    for name, column in columns.items():
        if name in ("source", "campaign"):
            raise BadInput(f"a condition reads {name}, that of the latest touch of each person")
        if column.kind not in _STAGED:
            raise BadInput(f"a condition reads {name}, and a {column.kind} is read by Python")
    if strange := sorted(set(needs) - forms.keys()):
        raise BadInput(f"the gate needs {', '.join(strange)}, which is no field")
