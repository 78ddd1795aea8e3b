"""Where a part of a condition stands in SQL: the staged set, the engine, and the related record at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from closeloop.rules import tree
from closeloop.rules.evaluate import NO_RECORD, compile_tree
from closeloop.rules.rule import walk
from closeloop.rules.sql_dialects import Dialect
from closeloop.rules.sql_terms import Term, stored
from closeloop.rules.sql_text import Sql
from closeloop.rules.staged import Beside, Column, Related, Staged
from closeloop.words.errors import BadInput

SUBJECT = "s"
"""The alias that the staged table must have in the statement: FROM staged AS s."""

_READS = (tree.Name, tree.RecordName, tree.Verified, tree.Exists, tree.Same)


@dataclass(frozen=True, slots=True)
class Place:
    """`record` is the related table inside exists(), None outside; `depth` tells the aliases of nested ones apart."""

    staged: Staged
    dialect: Dialect
    now: datetime
    record: Related | None = None
    depth: int = 0

    @property
    def alias(self) -> str:
        """The alias of the related table."""
        return f"r{self.depth}"

    def outside(self) -> Place:
        """The same for what is about the subject alone, as a fact is."""
        return replace(self, record=None)

    def inside(self, entity: str) -> tuple[Place, Related]:
        """The place inside exists(), and the table there."""
        related = self.staged.related.get(entity)
        if related is None:
            raise BadInput(f"no records of {entity!r} are staged; {_valid(self.staged.related)}")
        return replace(self, record=related, depth=self.depth + 1), related

    def own(self, name: str) -> Term:
        """A value of the subject."""
        return stored(self._own(name), SUBJECT, self.dialect)

    def own_beside(self, name: str, what: Beside) -> Sql:
        """What Python told about it."""
        return self._beside(self._own(name), SUBJECT, name, what)

    def theirs(self, name: str) -> Term:
        """A value of the related record; nothing outside exists()."""
        return stored(self._theirs(self.record, name), self.alias, self.dialect) if self.record else Term()

    def theirs_beside(self, name: str, what: Beside) -> Sql:
        """What Python told about it."""
        return self._beside(self._theirs(self.record, name), self.alias, name, what) if self.record else Sql("FALSE")

    def as_reported(self, name: str) -> bool:
        """Whether same() must compare what was reported, since a text may be read as another kind."""
        kinds = {self._own(name).kind, self._theirs(self.record, name).kind}
        return bool(kinds & {"number", "moment", "money"})

    def known(self, node: tree.Node) -> object:
        """The value or answer of a part that asks nothing of anybody (see `is_fixed`)."""
        return compile_tree(node)(_Now(self.now), NO_RECORD)

    def _own(self, name: str) -> Column:
        found = self.staged.columns.get(name)
        if found is None:
            raise BadInput(f"{name!r} is not staged; {_valid(self.staged.columns)}")
        return found

    @staticmethod
    def _theirs(record: Related | None, name: str) -> Column:
        columns = record.columns if record else {}
        found = columns.get(name)
        if found is None:
            raise BadInput(f"{name!r} of the related record is not staged; {_valid(columns)}")
        return found

    def _beside(self, column: Column, alias: str, name: str, what: Beside) -> Sql:
        if what not in column.beside:
            raise BadInput(f"{name!r} is staged without {what!r} beside it; {_valid(column.beside)}")
        return Sql(f"{alias}.{self.dialect.quoted(column.part(what))}")


def is_fixed(node: tree.Node) -> bool:
    """Whether a part has one value for all subjects."""
    return not any(isinstance(each, _READS) for each in walk(node))


@dataclass(frozen=True, slots=True)
class _Now:
    now: datetime

    def get(self, _name: str) -> object | None:
        return None

    def related(self, _entity: str) -> Sequence[Mapping[str, object]]:
        return ()

    def verified(self, _name: str) -> bool:
        return False


def _valid(known: Iterable[str]) -> str:
    return f"valid: {', '.join(sorted(known)) or 'none'}; or ask row by row"
