"""The simulator answers in the shapes of the vendor's own specification, and the connector asks by it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain

import httpx2
import pytest

from closeloop.connectors.marketo.simulator.fields import FIELDS
from closeloop.ports import Command, Ref, Verb


@pytest.fixture(scope="module")
def specification(shared):
    return json.loads((shared / "data/marketo_openapi/swagger-mapi.json").read_text())


@pytest.fixture
def call(marketo):
    identity = httpx2.get(
        f"{marketo.url}/identity/oauth/token",
        params={
            "grant_type": "client_credentials",
            "client_id": marketo.settings["client_id"],
            "client_secret": marketo.settings["client_secret"],
        },
    )
    header = {"Authorization": f"Bearer {identity.json()['access_token']}"}

    def send(method, path, params=None, body=None):
        whole = path if path.startswith("/") else f"/rest/v1/{path}"
        sent = {"files": {"file": body}} if isinstance(body, str) else {"json": body}
        return httpx2.request(method, f"{marketo.url}{whole}", params=params, headers=header, **sent).json()

    return send


def fits(value, schema, definitions, path="answer"):
    """Every key is one the definition names, every required one is there, and types are as said."""
    if "$ref" in schema:
        return fits(value, definitions[schema["$ref"].split("/")[-1]], definitions, path)
    if schema.get("type") == "array":
        assert isinstance(value, list), path
        for n, item in enumerate(value):
            fits(item, schema["items"], definitions, f"{path}[{n}]")
    elif "properties" in schema:
        known = schema["properties"]
        # A lead carries the fields asked for, and the live service calls its causes "reasons".
        free = {*FIELDS, "reasons"} if "membership" in known else set()
        assert set(value) - set(known) <= free, path
        # The specification requires errors and warnings of every answer; the live service leaves out the empty ones.
        required = set(schema.get("required", ())) - {"errors", "warnings"}
        if value.get("success") is False:
            required -= {"result"}
        assert required <= set(value), path
        for name in set(value) & set(known):
            if value[name] is not None:
                fits(value[name], known[name], definitions, f"{path}.{name}")
    elif schema.get("type") in KINDS:
        assert isinstance(value, KINDS[schema["type"]]), path
    return None


KINDS = {"integer": int, "boolean": bool, "string": str}

LEAD_ROWS = {"action": "createOrUpdate", "input": [{"email": "new@acme.example"}, {"email": "no address"}]}


SPAN = {"createdAt": {"startAt": "2026-09-01T00:00:00Z", "endAt": "2026-09-02T00:00:00Z"}}


def bulk_calls(exports):
    of_import = "/bulk/v1/leads/batch/{batchId}.json"
    yield "/bulk/v1/leads.json", "POST", "/bulk/v1/leads.json", {"format": "csv"}, "email,title\na@acme.example,CTO\n"
    yield of_import, "GET", "/bulk/v1/leads/batch/1.json", None, None
    for n, kind in enumerate(("leads", "activities"), 1):
        root, one = f"/bulk/v1/{kind}/export", f"/bulk/v1/{kind}/export/{n:08x}-0000-4000-8000-000000000000"
        body = {"format": "CSV", "fields": ["id"], "filter": SPAN}
        yield f"{root}/create.json", "POST", f"{root}/create.json", None, body
        yield f"{root}/{{exportId}}/status.json", "GET", f"{one}/status.json", None, None
        yield f"{root}/{{exportId}}/enqueue.json", "POST", f"{one}/enqueue.json", None, None
        exports.fail_next = n - 1
        yield f"{root}/{{exportId}}/status.json", "GET", f"{one}/status.json", None, None


def programme_calls(joe, programme):
    members, here = "/rest/v1/programs/{programId}/members", f"programs/{programme}/members"
    both = {"input": [{"leadId": joe}, {"leadId": 4}]}
    yield f"{members}/status.json", "POST", f"{here}/status.json", None, {"statusName": "Member", **both}
    yield f"{members}.json", "GET", f"{here}.json", {"filterType": "leadId", "filterValues": joe}, None
    yield f"{members}/delete.json", "POST", f"{here}/delete.json", None, both
    yield f"{members}/delete.json", "POST", f"{here}/delete.json", None, both


def calls(joe, twin, reheat, token):
    since, ids = {"nextPageToken": token}, {"input": [{"id": joe}, {"id": 4}]}
    one_list, log = "/rest/v1/lists/{listId}/leads", "/rest/v1/activities"
    merge = "/rest/v1/leads/{leadId}/merge.json"
    return [
        (merge, "POST", f"leads/{joe}/merge.json", {"leadIds": twin, "mergeInCRM": "false"}, None),
        (merge, "POST", f"leads/{joe}/merge.json", {"leadIds": twin}, None),
        ("/rest/v1/leads/describe2.json", "GET", "leads/describe2.json", None, None),
        ("/rest/v1/leads.json", "GET", "leads.json", {"filterType": "id", "filterValues": f"{joe},5"}, None),
        ("/rest/v1/leads.json", "POST", "leads.json", None, LEAD_ROWS),
        ("/rest/v1/leads.json", "POST", "leads.json", None, {"lookupField": "nonsense", "input": []}),
        (f"{log}/pagingtoken.json", "GET", "activities/pagingtoken.json", {"sinceDatetime": "2026-09-01"}, None),
        (f"{log}/types.json", "GET", "activities/types.json", None, None),
        (f"{log}.json", "GET", "activities.json", {**since, "activityTypeIds": "1,2,32"}, None),
        (f"{log}.json", "GET", "activities.json", {**since, "activityTypeIds": "32", "leadIds": joe}, None),
        (f"{log}/leadchanges.json", "GET", "activities/leadchanges.json", {**since, "fields": "title"}, None),
        (f"{log}/deletedleads.json", "GET", "activities/deletedleads.json", since, None),
        ("/rest/v1/lists.json", "GET", "lists.json", {"name": "reheat_b2b"}, None),
        (f"{one_list}.json", "POST", f"lists/{reheat}/leads.json", None, ids),
        (f"{one_list}.json", "GET", f"lists/{reheat}/leads.json", None, None),
        (f"{one_list}/ismember.json", "GET", f"lists/{reheat}/leads/ismember.json", {"id": f"{joe},4"}, None),
        (f"{one_list}.json", "DELETE", f"lists/{reheat}/leads.json", None, ids),
        ("/rest/v1/stats/usage.json", "GET", "stats/usage.json", None, None),
        ("/rest/v1/leads/delete.json", "POST", "leads/delete.json", None, ids),
    ]


def test_every_answer_has_the_shape_that_the_vendor_specifies(specification, marketo, call):
    joe, sato, twin, gone = (
        marketo.create_lead(email=f"{who}@acme.example") for who in ("joe", "sato", "twin", "gone")
    )
    marketo.update_lead(joe, title="CTO")
    marketo.visit_page(joe, "https://acme.example/?product=robot")
    marketo.merge_leads(joe, sato)
    marketo.delete_lead(gone)
    reheat = marketo.create_list("reheat_b2b")
    token = call("GET", "activities/pagingtoken.json", {"sinceDatetime": "2026-01-01T00:00:00Z"})["nextPageToken"]
    programme = marketo.create_programme("Nurture 2026")
    asked = chain(programme_calls(joe, programme), bulk_calls(marketo.exports), calls(joe, twin, reheat, token))
    for template, method, path, params, body in asked:
        answer = call(method, path, params, body)
        operation = specification["paths"][template][method.lower()]
        fits(answer, operation["responses"]["200"]["schema"], specification["definitions"], f"{method} {path}")


def test_the_token_has_the_shape_that_the_vendor_specifies(shared, marketo):
    identity = json.loads((shared / "data/marketo_openapi/swagger-identity.json").read_text())
    granted = httpx2.get(
        f"{marketo.url}/identity/oauth/token",
        params={
            "grant_type": "client_credentials",
            "client_id": marketo.settings["client_id"],
            "client_secret": marketo.settings["client_secret"],
        },
    ).json()
    fits(granted, {"$ref": "#/definitions/ResponseOfIdentity"}, identity["definitions"])
    assert set(granted) == set(identity["definitions"]["ResponseOfIdentity"]["required"])


def test_the_connector_asks_only_for_what_is_specified(specification, marketo, connector, read_all):
    asked = []
    http = connector._rest._http
    http.event_hooks["request"].append(asked.append)
    joe, twin = (marketo.create_lead(email=f"{who}@acme.example") for who in ("joe", "twin"))
    marketo.visit_page(joe, "https://acme.example/")
    marketo.create_programme("Nurture 2026")
    read_all()
    ref = Ref("Lead", str(joe))
    merge = Command("m", Verb.MERGE, "Lead", ref, refs={"loser": Ref("Lead", str(twin))})
    connector.push([merge])
    connector._merged.clear()
    connector.push([replace(merge, attempt=2)])
    nurture = {"list": "programme:Nurture 2026"}
    connector.push([Command(str(verb), verb, "Lead", ref, fields=nurture) for verb in (Verb.JOIN, Verb.LEAVE)])
    connector.push([Command(f"c{n}", Verb.CREATE, "Lead", our_key=f"{n:036d}") for n in range(301)])
    bad = [Command(f"c{n}", Verb.CREATE, "Lead", our_key=f"k{n}", fields={"title": "x" * 300}) for n in range(301)]
    connector.push(bad)
    connector.push([Command("e", Verb.ERASE, "Lead", ref)])
    connector.limits()
    connector.discover()
    for request in asked:
        path = request.url.path
        # The asset API, which knows programmes by name, is described elsewhere.
        if path.startswith(("/rest/v1/", "/bulk/")):
            for pattern, name in PLACES:
                path = re.sub(pattern, name, path)
            operation = specification["paths"][path][request.method.lower()]
            # A query too long for an address goes as a POST that says so (REST API, Error Codes, 414).
            known = {"_method", *(parameter["name"] for parameter in operation.get("parameters", ()))}
            assert set(request.url.params) <= known
    assert {request.url.path.split("/")[-1] for request in asked} >= {"failures.json", "file.json", "leads.json"}
    assert any("_method" in request.url.params for request in asked)


PLACES = (
    (r"/leads/\d+/", "/leads/{leadId}/"),
    (r"/export/[0-9a-f-]{36}/", "/export/{exportId}/"),
    (r"/batch/\d+", "/batch/{batchId}"),
    (r"/programs/\d+/", "/programs/{programId}/"),
)


def test_a_token_in_the_query_is_no_token(marketo):
    answer = httpx2.get(f"{marketo.url}/rest/v1/stats/usage.json", params={"access_token": "x"}).json()
    assert (answer["success"], answer["errors"][0]["code"]) == (False, "600")


def test_errors_come_inside_http_200_and_sizes_by_status(marketo, call):
    assert call("GET", "nowhere.json")["errors"][0]["code"] == "610"
    assert call("GET", "leads.json", {"filterType": "shoe"})["errors"][0]["code"] == "1003"
    assert call("POST", "leads.json", None, {"input": [{"email": "a@b.example"}] * 301})["errors"][0]["code"] == "1003"
    big = httpx2.post(f"{marketo.url}/rest/v1/leads.json", content=b" " * 1_000_001)
    assert big.status_code == 413
    assert httpx2.get(f"{marketo.url}/rest/v1/leads.json", params={"filterValues": "x" * 9_000}).status_code == 414


def test_discover_names_fields_as_the_process_does(connector):
    [shape] = connector.discover()
    fields = {field.name: field for field in shape.fields}
    assert {"email", "name", "meal_choice", "employees", "unsubscribed", "company"} <= set(fields)
    assert "firstName" not in fields
    assert fields["title"].max_length == 255
    assert not fields["id"].writable
