"""The `rest` parts of a declaration, of the whole file and of each object, read and checked with the rest of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from closeloop.declared.part import Part
from closeloop.declared.rest.nouns import (
    BYS,
    MEANS,
    MOMENTS,
    SIGNS,
    Auth,
    Budget,
    Call,
    Errors,
    Moment,
    Names,
    ObjectCalls,
    Page,
    Pairs,
    Param,
    Params,
    RestPart,
    Rule,
)

W = TypeVar("W", bound=str)

_TOP = ("url", "auth", "headers", "page", "errors", "limits")
_READS = ("params", "items", "total", "order", "since", "one", "find", "same", "moments", "pairs", "page")
_WRITES = ("create", "update", "delete", "wrap")
_NOT_HERE = ("where", "merges", "deletes")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SLOT = re.compile(r"\{([^{}]*)\}")


class RestKeys:
    """Reads the keys `rest`; `found` holds them after `read_declared` came back."""

    top_keys = frozenset({"rest"})
    object_keys = frozenset({"rest"})

    def __init__(self) -> None:
        self.found = RestPart()

    def read(self, root: Part) -> None:
        """Read `rest` of the file and of each object."""
        part = root.part("rest")
        if part is None:
            root.faults.add(("rest",), "missing; it must be there: how the vendor's REST interface is called")
            return
        part.only(_TOP)
        page = _page(below) if (below := part.part("page")) else Page()
        objects, owners = root.part("objects"), root.part("owners")
        self.found = RestPart(
            url=part.text("url") or "",
            auth=_auth(below) if (below := part.part("auth")) else Auth(),
            headers=part.named_texts("headers"),
            page=page,
            errors=_errors(below) if (below := part.part("errors")) else Errors(),
            budget=_budget(below) if (below := part.part("limits")) else Budget(),
            objects={name: _object(each, page) for name in objects or () if objects and (each := objects.part(name))},
            owners=None if owners is None else _object(owners, page),
        )


def _auth(part: Part) -> Auth:
    part.only(("kind", "header", "token_path", "scope", "json", "base_path", "base"))
    kind = _word(part, "kind", SIGNS, "none")
    if kind == "header" and "header" not in part:
        part.add("kind", "kind 'header' needs `header`, the name of the one that carries the token")
    return Auth(
        kind=kind,
        header=part.text("header") or "Authorization",
        token_path=part.text("token_path") or Auth().token_path,
        scope=part.text("scope") or "",
        json=part.flag("json"),
        base_path=part.text("base_path") or "",
        base=part.text("base") or "",
    )


def _page(part: Part) -> Page:
    part.only(("by", "param", "first", "size_param", "size", "next", "ends_inclusive"))
    by = _word(part, "by", BYS, "none")
    param = part.text("param") or ("records" if by == "range" else "")
    if by in ("page", "offset", "cursor") and not param:
        part.add("by", f"{by!r} needs `param`, the parameter that says where the next page begins")
    if by == "cursor" and "next" not in part:
        part.add("by", "'cursor' needs `next`, the path in the answer that holds the next cursor")
    return Page(
        by=by,
        param=param,
        first=part.count("first", 1, least=0),
        size_param=part.text("size_param") or "",
        size=part.count("size", 100, most=100_000),
        next=part.text("next") or "",
        ends_inclusive=part.flag("ends_inclusive", default=True),
    )


def _errors(part: Part) -> Errors:
    part.only(("items", "code", "message", "field", "value", "table"))
    return Errors(
        items=part.text("items") or "",
        code=part.text("code") or "code",
        message=part.text("message") or "message",
        field=part.text("field") or "field",
        value=part.text("value") or "value",
        table=tuple(_rule(each) for each in part.parts("table")),
    )


def _rule(part: Part) -> Rule:
    part.only(("status", "code", "means", "say"))
    if "status" not in part and "code" not in part:
        part.faults.add(part.at, "a line needs `status`, `code` or both")
    return Rule(
        means=_word(part, "means", MEANS, "permanent", needed=True),
        say=part.text("say", needed=True) or "",
        status=part.count("status", 400, least=100, most=599) if "status" in part else None,
        code=part.text("code"),
    )


def _budget(part: Part) -> Budget:
    part.only(("per_day", "per_second", "batch"))
    return Budget(
        per_day=part.count("per_day", 1, most=100_000_000) if "per_day" in part else None,
        per_second=part.count("per_second", 1) if "per_second" in part else None,
        batch=part.count("batch", Budget().batch, most=1_000),
    )


def _object(whole: Part, page: Page) -> ObjectCalls:
    path = whole.plain("from")
    part = whole.part("rest") or Part(whole.document, whole.faults, (*whole.at, "rest"), {})
    part.only((*_READS, *_WRITES))
    since, update = part.part("since"), part.part("update")
    if since is not None:
        since.only(("params", "as", "ordered"))
    calls = ObjectCalls(
        list=Call("GET", str(path or "/"), _params(part, "params", ())),
        items=part.text("items") or "",
        total=part.text("total") or "",
        order=_params(part, "order", ()),
        since=_params(since, "params", ("since",), needed=True) if since else None,
        since_as=_word(since, "as", MOMENTS, "iso") if since else "iso",
        since_ordered=since.flag("ordered") if since else False,
        one=_call(part, "one", "GET", needs_id=True),
        find=_params(part, "find", ("key",), needed=True) if "find" in part else None,
        same=_params(part, "same", None) if "same" in part else None,
        create=_call(part, "create", "POST", needs_id=False),
        update=_call(part, "update", "PUT", needs_id=True),
        delete=_call(part, "delete", "DELETE", needs_id=True),
        whole=update.flag("whole") if update else False,
        send=update.texts("send") if update and "send" in update else (),
        wrap=part.text("wrap") or "",
        moments=_moments(part),
        pairs=tuple(_pairs(each) for each in part.parts("pairs")),
        page=_page(below) if (below := part.part("page")) else page,
    )
    _check(calls, whole, part)
    return calls


def _check(calls: ObjectCalls, whole: Part, part: Part) -> None:
    for key in _NOT_HERE:
        if key in whole:
            whole.add(key, "has no meaning for REST; narrow the list by `rest.params`; full compares find deletions")
    if calls.create is not None and calls.find is None:
        part.add("create", "needs `find`: by it a record whose answer was lost is found again, and not made twice")
    if calls.create is not None and "key" not in whole:
        part.add("create", "needs `key` in its object, the column of our key; without it a lost answer makes a second")
    if calls.update is not None and calls.whole and calls.one is None:
        part.add("update", "`whole` needs `one`: the record is read before it is written")
    if "changed" in whole and calls.since is None:
        part.add("since", "missing, while `changed` is given; without both, everything is read each time")
    if calls.since is not None and "changed" not in whole and "touch" not in whole:
        part.add("since", "needs `changed` in its object, the column of the moment")


def _call(part: Part, key: str, method: str, *, needs_id: bool) -> Call | None:
    below = part.part(key)
    if below is None:
        return None
    below.only(("method", "path", "params", "id", "whole", "send"))
    path = below.text("path", needed=True) or ""
    valid = {"id"} if needs_id else set()
    for slot in _SLOT.findall(path):
        if slot not in valid:
            below.add(
                "path", f"{{{slot}}} has no meaning here; valid is {'{id}' if needs_id else 'a path without any'}"
            )
    if needs_id and "{id}" not in path:
        below.add("path", "needs {id}, where the record's id stands")
    return Call(
        method=_word(below, "method", _METHODS, method),
        path=path,
        params=_params(below, "params", ()),
        id=below.text("id") or "id",
    )


def _params(part: Part, key: str, slots: tuple[str, ...] | None, *, needed: bool = False) -> Params:
    """Templates; `slots` are what they may hold (None: any field of ours), and what must be in one if `needed`."""
    below = part.part(key)
    if below is None:
        if needed:
            part.add(key, f"{key} is missing; it must be there")
        return {}
    params: dict[str, Param] = {}
    for name in below:
        if isinstance(below.plain(name), dict):
            packed = below.part(name)
            template = (packed.text("base64", needed=True) or "") if packed else ""
            params[name] = Param((template,), base64=True)
        elif isinstance(below.plain(name), list):
            params[name] = Param(below.texts(name))
        else:
            params[name] = Param((_scalar(below, name),))
    held = [slot for param in params.values() for text in param.templates for slot in _SLOT.findall(text)]
    for slot in slots or () if needed else ():
        if slot not in held:
            part.add(key, f"needs {{{slot}}} in one of its parameters")
    for slot in held:
        if slots is not None and slot.isidentifier() and slot not in slots:
            part.faults.unknown((*below.at,), "slot", slot, slots)
    return params


def _scalar(part: Part, name: str) -> str:
    value = part.plain(name)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else part.text(name) or ""


def _moments(part: Part) -> Mapping[str, Moment]:
    below = part.part("moments")
    return {name: _word(below, name, MOMENTS, "iso") for name in below} if below else {}


def _pairs(part: Part) -> Pairs:
    part.only(("column", "key", "value", "names"))
    below = part.part("names")
    names = None
    if below is not None:
        below.only(("path", "items", "id", "name", "params"))
        names = Names(
            path=below.text("path", needed=True) or "",
            items=below.text("items") or "",
            id=below.text("id") or "id",
            name=below.text("name") or "name",
            params=_params(below, "params", ()),
        )
    return Pairs(
        column=part.text("column", needed=True) or "",
        key=part.text("key") or "id",
        value=part.text("value") or "value",
        names=names,
    )


def _word(part: Part, key: str, valid: tuple[W, ...], default: W, *, needed: bool = False) -> W:
    found = part.word(key, valid, needed=needed)
    return next((word for word in valid if word == found), default)
