"""The schema of the process file as JSON Schema, for editors that complete and check while one writes."""

from __future__ import annotations

from closeloop.process.schema.whole import ProcessFile

JSON = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None


def json_schema() -> dict[str, JSON]:
    """JSON Schema 2020-12 of the process file."""
    schema: dict[str, JSON] = ProcessFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Closeloop process file",
    }
