"""Records of a file in a simulated vendor: under the vendor's names, all of them or every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closeloop.cli.simulate_records import enter_file
from closeloop.connectors import eloqua, marketo, salesforce
from closeloop.words.errors import BadInput
from closeloop.words.moment import SystemClock

SIMULATE = {"salesforce": salesforce.simulate, "marketo": marketo.simulate, "eloqua": eloqua.simulate}


def test_values_of_a_parquet_file_are_entered_under_the_names_of_the_vendor(tmp_path: Path):
    file = tmp_path / "leads.parquet"
    pq.write_table(pa.table({"Email": ["joe@acme.example"], "unsubscribed": [True], "numberOfEmployees": [7]}), file)
    with marketo.simulate(SystemClock()) as vendor:
        assert enter_file(vendor, "marketo", f"Lead={file}") == f"Lead: 1 record of {file}"
        (lead,) = vendor.leads()
        assert (lead["email"], lead["unsubscribed"], lead["numberOfEmployees"]) == ("joe@acme.example", True, 7)


def test_a_contact_of_eloqua_is_entered_by_internal_names(tmp_path: Path):
    (tmp_path / "people.csv").write_text("C_EmailAddress;C_FirstName\njoe@acme.example;Joe\n\nada@engines.example;\n")
    with eloqua.simulate(SystemClock()) as vendor:
        assert enter_file(vendor, "eloqua", f"Contact={tmp_path / 'people.csv'}").startswith("Contact: 2 records")
        assert {row.values["C_EmailAddress"] for row in vendor.contacts()} == {
            "joe@acme.example",
            "ada@engines.example",
        }


@pytest.mark.parametrize(
    ("system", "object_name", "content", "said"),
    [
        (
            "salesforce",
            "Contact",
            'LastName,Email,AccountId\nMiller,joe,\n,ada@engines.example,0015g0000000001\n"Berger,mia@x.example\n',
            (
                "{file}:2: INVALID_EMAIL_ADDRESS: Email: invalid email address: joe\n"
                "{file}:3: INVALID_CROSS_REFERENCE_KEY: invalid cross reference id; "
                "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]\n"
                "{file}:4: unexpected end of data: inside quotes a quote is doubled, and every quote is closed"
            ),
        ),
        (
            "marketo",
            "Lead",
            "email,employees\njoe@acme.example,3\n",
            (
                "{file}:1: unknown Lead field 'employees'; did you mean 'numberOfEmployees'? "
                "valid: closeloopInactive, closeloopInactiveReason"
            ),
        ),
        (
            "eloqua",
            "Contact",
            "C_EmailAddress,C_FirstName\njoe@acme.example,Joe\nJOE@acme.example,Joe\n",
            "{file}:3: emailAddress: 'JOE@acme.example' fails UniquenessRequirement",
        ),
        ("marketo", "Lead", "email,firstName\n" + "joe,Joe\n" * 12, "{file}:2: Invalid value 'joe'."),
        (
            "marketo",
            "Leed",
            "",
            "--records Leed={file}: unknown marketo object 'Leed'; did you mean 'Lead'? valid: Lead",
        ),
    ],
    ids=["broken rows", "unknown column", "said twice", "many", "unknown object"],
)
def test_what_does_not_fit_is_named_with_its_line(
    system: str, object_name: str, content: str, said: str, tmp_path: Path
):
    file = tmp_path / "bad.csv"
    file.write_text(content)
    with SIMULATE[system](SystemClock()) as vendor, pytest.raises(BadInput) as refused:
        enter_file(vendor, system, f"{object_name}={file}")
    assert str(refused.value).startswith(said.format(file=file))
    assert str(refused.value).count("\n") <= 10


def test_a_file_without_an_object_is_asked_what_it_is():
    with marketo.simulate(SystemClock()) as vendor, pytest.raises(BadInput) as refused:
        enter_file(vendor, "marketo", "leads.csv")
    assert str(refused.value) == "--records leads.csv: valid is OBJECT=FILE, where marketo has Lead"
