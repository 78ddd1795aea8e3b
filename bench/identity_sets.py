"""The sets whose answer is known: records as a table, and the person behind each row."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SHARED = Path(__file__).resolve().parents[2] / "shared"
_DOCUMENTS = (
    "SSN_NUMBER",
    "PASSPORT_NUMBER",
    "DRIVERS_LICENSE_NUMBER",
    "NATIONAL_ID_NUMBER",
    "TAX_ID_NUMBER",
    "LEI_NUMBER",
)
CONTACT_FIELDS = ("first_name", "last_name", "email", "phone", "title", "company", "city")


@dataclass(frozen=True)
class Known:
    """A table of records and, for each row, who it is."""

    table: pa.Table
    truth: Sequence[Hashable]


def febrl(shared: Path = SHARED) -> Known:
    """FEBRL set 3: 5,000 records; the number in `rec_id` is the person."""
    with (shared / "data/febrl/dataset3.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {key: value or None for key, value in row.items()} for row in csv.DictReader(file, skipinitialspace=True)
        ]
    return Known(pa.Table.from_pylist(rows), [str(row["rec_id"]).split("-")[1] for row in rows])


def historical(shared: Path = SHARED) -> Known:
    """Half a of historical_50k: 24,620 records of 2,519 people."""
    table = pq.read_table(shared / "data/historical_50k/historical_50k_a.parquet")
    return Known(table, table["cluster"].to_pylist())


def senzing(shared: Path = SHARED) -> Known:
    """Senzing's truth set: 159 records of people and companies, in the fields of a contact."""
    folder = shared / "data/senzing"
    with (folder / "actual_truthset_key.csv").open(encoding="utf-8", newline="") as file:
        cluster_of = {(row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"] for row in csv.DictReader(file)}
    records, truth = [], []
    for name in ("customers", "watchlist", "reference"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                records.append(_senzing_record(row))
                truth.append(cluster_of[row["DATA_SOURCE"], row["RECORD_ID"]])
    return Known(pa.Table.from_pylist(records), truth)


def generated(n: int, seed: int, folder: Path, shared: Path = SHARED) -> Known:
    """Business contacts made by the shared generator, which has its own reading of what goes wrong in a CRM."""
    path = folder / f"contacts-{n}-{seed}.parquet"
    if not path.exists():
        command = [sys.executable, str(shared / "tools/generate_contacts.py"), str(n), str(path), str(seed)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    table = pq.read_table(path, columns=[*CONTACT_FIELDS, "entity_id"])
    fields = pa.table({field: pc.cast(table[field], pa.string()) for field in CONTACT_FIELDS})
    return Known(fields, table["entity_id"].to_pylist())


def _senzing_record(row: dict[str, str]) -> dict[str, str | None]:
    def said(*columns: str) -> str | None:
        return next((row[column].strip() for column in columns if (row.get(column) or "").strip()), None)

    organisation = said("PRIMARY_NAME_ORG", "SECONDARY_NAME_ORG")
    return {
        "first_name": said("PRIMARY_NAME_FIRST"),
        "last_name": said("PRIMARY_NAME_LAST"),
        "name": said("PRIMARY_NAME_FULL", "NATIVE_NAME_FULL") if organisation is None else None,
        "email": said("EMAIL_ADDRESS"),
        "phone": said("PHONE_NUMBER"),
        "company": said("EMPLOYER") if organisation is None else organisation,
        "city": said("ADDR_CITY"),
        "address": " ".join(filter(None, map(said, ("ADDR_FULL", "ADDR_LINE1", "ADDR_CITY", "ADDR_STATE")))) or None,
        "postcode": said("ADDR_POSTAL_CODE"),
        "born": _day(said("DATE_OF_BIRTH")),
        "document": said(
            "SSN_NUMBER",
            "PASSPORT_NUMBER",
            "DRIVERS_LICENSE_NUMBER",
            "NATIONAL_ID_NUMBER",
            "TAX_ID_NUMBER",
            "LEI_NUMBER",
        ),
        "kind": said("RECORD_TYPE"),
    }


def _day(said: str | None) -> str | None:
    """The digits of a date, those of a two-digit year left as they are; none where the form is another."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})", said or "")
    return f"{int(found[1]):02}{int(found[2]):02}{found[3][-2:]}" if found else None
