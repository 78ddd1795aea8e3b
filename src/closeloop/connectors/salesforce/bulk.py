"""Many commands of one verb and object carried out as a bulk job, with the same result for each as in a collection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from closeloop.connectors.salesforce.client import Body, Result
from closeloop.connectors.salesforce.csv_rows import to_csv
from closeloop.connectors.salesforce.jobs import IngestJobs
from closeloop.connectors.salesforce.judging import VendorError
from closeloop.connectors.salesforce.records import KEY
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Verb

BULK_SIZE = 10_000
VERBS = (Verb.CREATE, Verb.UPDATE)
CALLS = 6
"""Open, upload, close, one look whether it is done, what was written, what was refused."""
_MOST_BYTES = 90_000_000  # Salesforce takes 150 MB in base64
_SAID = re.compile(r"(?P<code>[A-Z_]+):(?P<message>.*?)(?::(?P<fields>[\w, ]*) --)?", re.DOTALL)


def written(jobs: IngestJobs, shapes: Shapes, verb: Verb, object_name: str, bodies: Sequence[Body]) -> list[Result]:
    """What became of each record, in order. A field that the object has not would end the whole job: it is looked for.

    Raises:
        Transient: it cannot be told what was done, all may be sent again.
        Permanent: the job is refused.
    """
    there = shapes.fields(object_name)
    results: dict[int, Result] = {}
    for place, body in enumerate(bodies):
        if unknown := tuple(name for name in body if name not in there and name not in ("attributes", "id")):
            results[place] = _refused(*(VendorError("INVALID_FIELD", f"no field {name}", (name,)) for name in unknown))
    column, key = (KEY, KEY) if verb is Verb.CREATE else ("Id", None)
    operation = "upsert" if verb is Verb.CREATE else "update"
    for places in _parts([place for place in range(len(bodies)) if place not in results], bodies):
        ended = jobs.run(object_name, operation, [bodies[place] for place in places], key)
        done = {
            row[column]: Result(row["sf__Id"], row.get("sf__Created") == "true" and key is not None, ())
            for row in ended.done
        }
        failed = {row[column]: _refused(*read_error(row["sf__Error"])) for row in ended.failed}
        left = _refused(VendorError("JOB_ENDED", f"salesforce did not come to it: {ended.why}"))
        for place in places:
            mine = str(bodies[place]["id" if column == "Id" else KEY])
            results[place] = done.get(mine) or failed.get(mine) or left
    return [results[place] for place in range(len(bodies))]


def read_error(text: str) -> tuple[VendorError, ...]:
    """What is written beside a refused row, such as "STRING_TOO_LONG:Title: too large (max length=128):Title --"."""
    found = _SAID.fullmatch(text.strip())
    if found is None:
        return (VendorError("UNKNOWN", text),)
    fields = tuple(name.strip() for name in (found["fields"] or "").split(",") if name.strip())
    return (VendorError(found["code"], found["message"], fields),)


def _parts(places: Sequence[int], bodies: Sequence[Body]) -> Iterator[list[int]]:
    """As many rows in one job as it takes, by their length."""
    part: list[int] = []
    length = 0
    for place in places:
        length += len(to_csv([bodies[place]]).encode())
        if part and length > _MOST_BYTES:
            yield part
            part, length = [], 0
        part.append(place)
    if part:
        yield part


def _refused(*errors: VendorError) -> Result:
    return Result(None, created=False, errors=errors)
