"""The tables that a declaration names, as the database itself describes them, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from difflib import get_close_matches
from uuid import UUID

from sqlalchemy import Boolean, Column, Connection, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NullType, TypeEngine

from closeloop.declared.nouns import Declared, DeclaredObject
from closeloop.declared.values import lacking, moment
from closeloop.ports import Shape, ShapeField
from closeloop.words.errors import BadInput, Permanent


class Tables:
    """Tables by the name that the declaration gives them; described once, and anew after `forget`."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._known: dict[str, Table] = {}
        self._unique: dict[str, bool] = {}

    def forget(self) -> None:
        """The database may look different now."""
        self._known.clear()
        self._unique.clear()

    def of(self, connection: Connection, declared: DeclaredObject) -> Table:
        """The table of an object, with every column that its declaration names.

        Raises:
            Permanent: the table or a column is not there.
        """
        return self.named(connection, declared.source, declared, declared.columns)

    def named(self, connection: Connection, source: str, declared: DeclaredObject, columns: Iterable[str]) -> Table:
        """A table that has these columns; `declared` is the object that speaks of it, for the message."""
        table = self._known.get(source)
        if table is None:
            table = self._known[source] = _described(connection, source, self._where(declared))
        names = sorted(table.c.keys())
        if missing := [column for column in dict.fromkeys(columns) if column not in table.c]:
            raise Permanent(f"{source} has {lacking(missing, names, self._where(declared))}")
        return table

    def lacks_unique(self, connection: Connection, declared: DeclaredObject) -> str | None:
        """None when no two rows can have one key of ours, else what to run so that none can."""
        table = self.of(connection, declared)
        if declared.source not in self._unique:
            self._unique[declared.source] = _is_unique(connection, table, str(declared.key))
        if self._unique[declared.source]:
            return None
        quote = connection.dialect.identifier_preparer
        index = quote.quote(f"{table.name}_{declared.key}")
        on = f"{quote.format_table(table)} ({quote.quote(str(declared.key))})"
        return (
            f"no unique index on {declared.source}.{declared.key}, so a repeated create would make a second record;"
            f" run: CREATE UNIQUE INDEX {index} ON {on}"
        )

    def shapes(self, connection: Connection) -> tuple[Shape, ...]:
        """Every declared object with the columns of its fields.

        Raises:
            Permanent: tables or columns are not there; all of them are named.
        """
        found: list[Shape] = []
        wrong: list[str] = []
        for each in self._declared.objects.values():
            try:
                found.append(self._shape(connection, each))
            except Permanent as error:
                wrong.append(str(error))
        if wrong:
            raise Permanent("; ".join(dict.fromkeys(wrong)))
        return tuple(found)

    def _shape(self, connection: Connection, declared: DeclaredObject) -> Shape:
        table = self.of(connection, declared)
        fields = {name: name for name in table.c.keys()} if declared.fields is None else declared.fields  # noqa: SIM118 - a collection of columns, no dict
        return Shape(
            declared.name,
            declared.entity,
            tuple(
                ShapeField(
                    name=name,
                    type=str(table.c[column].info["type"]),
                    writable=name in declared.write,
                    required=is_required(table.c[column]),
                    max_length=table.c[column].info["length"],
                    allowed=tuple(str(each) for each in declared.values.get(name, {}).values()),
                )
                for name, column in fields.items()
            )
            + tuple(
                ShapeField(column.name, str(column.info["type"]), writable=False, required=True)
                for column in table.c
                if is_required(column) and column.name not in {*fields.values(), *_given(declared)}
            ),
        )

    def _where(self, declared: DeclaredObject) -> str:
        return f"{self._declared.file}, line {declared.line}"


def _given(declared: DeclaredObject) -> list[str]:
    """Columns that a new row is given beside its fields."""
    related = [name for relation, pointer in declared.refs.items() if relation in declared.write for name in pointer.by]
    return [*related, *([declared.key] if declared.key else [])]


def is_required(column: Column[object]) -> bool:
    """Whether a row cannot be made without a value for it."""
    filled = column.default is not None or column.server_default is not None or column.identity is not None
    return not column.nullable and not filled and not column.primary_key


def fitted(column: Column[object], value: object, zone: tzinfo = UTC) -> object:
    """A value as the column takes it: "12" into a number's column is 12.

    Args:
        column: of a described table.
        value: any plain value.
        zone: of moments in a column that keeps none.

    Raises:
        BadInput: it cannot be one.
    """
    wanted: TypeEngine[object] = column.type
    if value is None or isinstance(wanted, NullType):
        return value
    try:
        python_type = wanted.python_type
    except NotImplementedError:
        return value
    if isinstance(value, python_type) and not (python_type is int and isinstance(value, bool)):
        return value
    try:
        return _converted(wanted, python_type, value, zone)
    except (ValueError, TypeError, ArithmeticError, BadInput):
        raise BadInput(f"{value!r} does not fit the column {column.name} ({column.info['type']})") from None


def _converted(wanted: TypeEngine[object], python_type: type, value: object, zone: tzinfo) -> object:
    name = python_type.__name__
    if python_type is bool:
        words = {"true": True, "1": True, "t": True, "yes": True, "false": False, "0": False, "f": False, "no": False}
        return words[str(value).strip().lower()] if str(value).strip().lower() in words else _refuse(value)
    if name in ("datetime", "date"):
        at = moment(value, zone)
        if at is None or (name == "datetime" and getattr(wanted, "timezone", False)):
            return at
        local = at.astimezone(zone)
        return local.replace(tzinfo=None) if name == "datetime" else local.date()
    if python_type is int:
        number = float(str(value)) if "." in str(value) else int(str(value))
        return int(number) if number == int(number) else _refuse(value)
    if python_type in (float, str):
        return python_type("true" if value is True else "false" if value is False else str(value))
    return UUID(str(value)) if python_type is UUID else python_type(str(value)) if name == "Decimal" else value


def _refuse(value: object) -> object:
    raise BadInput(f"{value!r}")


def _described(connection: Connection, source: str, where: str) -> Table:
    schema, _, name = source.rpartition(".")
    try:
        table = Table(name, MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        looks = inspect(connection)
        names = sorted({*looks.get_table_names(schema or None), *looks.get_view_names(schema or None)})
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        shown = ", ".join(names[:50]) or "none"
        raise Permanent(f"no table or view {source!r} ({where}); {hint}there are: {shown}") from None
    for column in table.c:
        column.info.update(type=str(column.type), length=_length(column.type))
        if connection.dialect.name == "sqlite" and not isinstance(column.type, Boolean):
            # SQLite keeps what others wrote, whatever the declared type: read it as it is.
            column.type = NullType()
    return table


def _length(kind: TypeEngine[object]) -> int | None:
    length = getattr(kind, "length", None)
    return length if isinstance(length, int) else None


def _is_unique(connection: Connection, table: Table, column: str) -> bool:
    looks = inspect(connection)
    keys: list[list[str | None]] = [list(looks.get_pk_constraint(table.name, table.schema)["constrained_columns"])]
    keys += [list(each["column_names"]) for each in looks.get_unique_constraints(table.name, table.schema)]
    whole = (each for each in looks.get_indexes(table.name, table.schema) if each["unique"] and not _is_partial(each))
    keys += [list(each["column_names"]) for each in whole]
    return [column] in keys


def _is_partial(index: Mapping[str, object]) -> bool:
    options = index.get("dialect_options")
    # "Unique among those with a key" is all that is needed, and the usual form where many rows have none.
    where = str(next((v for k, v in options.items() if k.endswith("_where")), "")) if isinstance(options, dict) else ""
    return bool(where) and "not null" not in where.lower()
