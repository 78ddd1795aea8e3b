"""What the `rest` part of a declaration says: how a vendor's REST interface is asked, in frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Sign = Literal["none", "basic", "bearer", "header", "client_credentials", "password"]
By = Literal["none", "page", "offset", "cursor", "link", "range"]
Moment = Literal["unix", "unix_ms", "iso", "naive", "parts"]
Means = Literal["transient", "permanent", "changed"]

SIGNS: tuple[Sign, ...] = ("none", "basic", "bearer", "header", "client_credentials", "password")
BYS: tuple[By, ...] = ("none", "page", "offset", "cursor", "link", "range")
MOMENTS: tuple[Moment, ...] = ("unix", "unix_ms", "iso", "naive", "parts")
MEANS: tuple[Means, ...] = ("transient", "permanent", "changed")

SECRETS: Mapping[Sign, tuple[str, ...]] = {
    "none": (),
    "basic": ("user", "password"),
    "bearer": ("token",),
    "header": ("token",),
    "client_credentials": ("client_id", "client_secret"),
    "password": ("client_id", "client_secret", "user", "password"),
}
"""The settings that each way of signing in needs."""


@dataclass(frozen=True, slots=True)
class Auth:
    """How a call is signed.

    Attributes:
        kind: the way.
        header: of kind "header": the header that carries the token.
        token_path: of the OAuth kinds: where a token is had, from the base or in full.
        scope: asked for with the token; "" asks for none.
        json: the token is asked for in JSON, not as a form.
        base_path: where the vendor tells the address of its interface; "" with `base` is the answer with the token.
        base: dotted path to that address; "" when it is the one that the settings name.
    """

    kind: Sign = "none"
    header: str = "Authorization"
    token_path: str = "/oauth/token"  # noqa: S105 - a path, not a secret
    scope: str = ""
    json: bool = False
    base_path: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a query: a template such as "updatedAt>{since}", base64url where the vendor wants it so.

    Several templates are the same parameter several times: "f=name&f=email".
    """

    templates: tuple[str, ...]
    base64: bool = False


Params = Mapping[str, Param]


@dataclass(frozen=True, slots=True)
class Page:
    """How a list goes on.

    Attributes:
        by: "page" and "offset" count, "cursor" hands on a text found at `next` in the body, "link" an address found
            there or in the header Link, "range" uses the headers Range and Content-Range.
        param: the parameter of the page, offset or cursor; of a range its unit.
        first: the number of the first page.
        size_param: the parameter of the page's size; "" when it cannot be chosen.
        size: rows a page.
        next: dotted path to the cursor or link; "" is the header Link.
        ends_inclusive: of a range, whether its end is the last row ("0-9") or the one behind it ("0-10").
    """

    by: By = "none"
    param: str = ""
    first: int = 1
    size_param: str = ""
    size: int = 100
    next: str = ""
    ends_inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table of errors: an answer with this status or code means that, in these words."""

    means: Means
    say: str
    status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """Where an answer tells its errors (dotted paths; "" is the whole body), and what they mean."""

    items: str = ""
    code: str = "code"
    message: str = "message"
    field: str = "field"
    value: str = "value"
    table: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """What the vendor allows: calls a day (of UTC) and a second. `batch` is how many commands we take at once."""

    per_day: int | None = None
    per_second: int | None = None
    batch: int = 50


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request. `path` may hold {id}; `id` says where the answer has the id of what was made."""

    method: str
    path: str
    params: Params = field(default_factory=dict)
    id: str = "id"


@dataclass(frozen=True, slots=True)
class Names:
    """Where a list of {id, value} has its names: the vendor's own catalogue of fields, asked for once."""

    path: str
    items: str
    id: str
    name: str
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pairs:
    """A list of {key, value} maps inside a record, read as columns "<list>.<key>"."""

    column: str
    key: str
    value: str
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class ObjectCalls:
    """How one object is asked for and written.

    Attributes:
        list: lists all records, at the path that the declaration names as `from`.
        items: dotted path to the records in its answer; "" is the whole body.
        total: dotted path to how many there are; "" where the vendor does not tell. A range tells by its header.
        order: parameters that sort the list by id, or otherwise stably; used by full scans.
        since: parameters that leave only what changed from a moment on; None where the vendor cannot.
        since_as: how the moment is written.
        since_ordered: whether that list comes in order of change.
        one: one record by its id; None: by the list with `find`.
        find: parameters of the list that leave the records with our {key}; None: no safe creates.
        same: parameters of the list that leave the record that stands in the way of a refused create.
        create, update, delete: the writes that there are.
        whole: an update replaces the record: it is read first and sent whole.
        send: columns that an update must repeat.
        wrap: key under which a written record stands in the body; "" is the body itself.
        moments: column → how its moments are written, where it is not text.
        pairs: lists of {key, value} inside a record.
        page: how this list goes on, where it differs from the others.
    """

    list: Call
    items: str = ""
    total: str = ""
    order: Params = field(default_factory=dict)
    since: Params | None = None
    since_as: Moment = "iso"
    since_ordered: bool = False
    one: Call | None = None
    find: Params | None = None
    same: Params | None = None
    create: Call | None = None
    update: Call | None = None
    delete: Call | None = None
    whole: bool = False
    send: tuple[str, ...] = ()
    wrap: str = ""
    moments: Mapping[str, Moment] = field(default_factory=dict)
    pairs: tuple[Pairs, ...] = ()
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class RestPart:
    """The whole `rest` part. `url` is the base where the settings name none; `owners` lists the vendor's users."""

    url: str = ""
    auth: Auth = field(default_factory=Auth)
    headers: Mapping[str, str] = field(default_factory=dict)
    page: Page = field(default_factory=Page)
    errors: Errors = field(default_factory=Errors)
    budget: Budget = field(default_factory=Budget)
    objects: Mapping[str, ObjectCalls] = field(default_factory=dict)
    owners: ObjectCalls | None = None
