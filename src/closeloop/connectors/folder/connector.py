"""A folder of files as a connector: the parts of this folder behind the protocol of `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from closeloop.connectors.folder.files import Csv, has_one
from closeloop.connectors.folder.outgoing import Outgoing
from closeloop.connectors.folder.pull import Puller
from closeloop.connectors.folder.push import Pusher
from closeloop.connectors.folder.reading import Reader
from closeloop.declared.nouns import Declared, DeclaredObject
from closeloop.declared.rows import to_owner
from closeloop.ports import Answer, Clock, Command, Limits, Owner, Pulled, Record, Ref, Shape, ShapeField
from closeloop.words.errors import BadInput, Permanent


class Folder:
    """One folder by its declaration. What each method does is said at `ports.Connector`. Files cost no calls."""

    system = "folder"
    can_merge: frozenset[str] = frozenset()
    batch_size = 1000
    bulk_size = 0
    bulk_from = 0
    calls = 0

    def __init__(self, folder: Path, declared: Declared, clock: Clock, *, style: Csv, size: int) -> None:
        self._declared, self._size = declared, size
        self._reader = Reader(folder, style)
        self._puller = Puller(declared, self._reader, size)
        self._pusher = Pusher(declared, self._reader, Outgoing(folder / "outgoing", clock))
        self.person_objects = declared.person_objects

    def cost(self, commands: Sequence[Command]) -> int:
        return 0

    def discover(self) -> Sequence[Shape]:
        found: list[Shape] = []
        wrong: list[str] = []
        for each in self._declared.objects.values():
            try:
                found.append(self._shape(each))
            except Permanent as error:
                wrong.append(str(error))
        if wrong:
            raise Permanent("; ".join(dict.fromkeys(wrong)))
        return found

    def owners(self) -> Sequence[Owner]:
        declared = self._declared.owners
        if declared is None:
            return ()
        try:
            return [to_owner(each) for _, each in self._reader.whole(declared).values()]
        except BadInput as error:
            raise Permanent(str(error)) from None

    def pull(self, cursor: str | None) -> Pulled:
        return self._puller.pull(cursor)

    def mark(self) -> str:
        return self._puller.mark()

    def objects(self) -> Sequence[str]:
        return [each.name for each in self._declared.in_order()]

    def count(self, object_name: str) -> int | None:
        return len(self._living(object_name))

    def scan(self, object_name: str, after: str | None) -> Pulled:
        begin = int(after or 0)
        living = self._living(object_name)
        page = living[begin : begin + self._size]
        return Pulled(tuple(page), str(begin + len(page)), more=begin + self._size < len(living))

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        return self._pusher.push(commands)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        wanted = set(our_keys)
        records = (record for _, record in self._whole(object_name).values())
        return {record.our_key: record for record in records if record.our_key and record.our_key in wanted}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        found: dict[Ref, Record] = {}
        for name in dict.fromkeys(ref.object for ref in refs if ref.object in self._declared.objects):
            whole, ended = self._whole(name), self._reader.ended(self._declared.objects[name])
            for ref in refs:
                if ref.object == name and (ref.id in whole or ref.id in ended):
                    found[ref] = whole[ref.id][1] if ref.id in whole else ended[ref.id]
        return found

    def limits(self) -> Limits:
        return Limits()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:  # folders call nobody
        return False

    def close(self) -> None:
        self._puller.close()

    def _living(self, object_name: str) -> list[Record]:
        return [each for _, each in self._whole(object_name).values() if not each.deleted and not each.became]

    def _whole(self, object_name: str) -> dict[str, tuple[str, Record]]:
        if object_name not in self._declared.objects:
            raise BadInput(f"no object {object_name!r} is declared; there are {', '.join(self._declared.objects)}")
        try:
            return self._reader.whole(self._declared.objects[object_name])
        except BadInput as error:
            raise Permanent(str(error)) from None

    def _shape(self, declared: DeclaredObject) -> Shape:
        try:
            has_one(self._reader.folder, declared.source)
            there: dict[str, str] = {}
            for file in self._reader.files(declared.source):
                there |= self._reader.check(declared, file, declared.columns)
        except BadInput as error:
            raise Permanent(str(error)) from None
        fields = {name: name for name in there} if declared.fields is None else declared.fields
        return Shape(
            declared.name,
            declared.entity,
            tuple(
                ShapeField(
                    name,
                    there.get(column, "text"),
                    writable=name in declared.write,
                    allowed=tuple(str(each) for each in declared.values.get(name, {}).values()),
                )
                for name, column in fields.items()
            ),
        )
