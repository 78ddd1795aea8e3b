"""Messages of the cast as the inbox hands them on: what a form, a browser and a CRM say of Joe and Ann."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from closeloop.identity.nouns import Policy
from closeloop.inbox.nouns import Act, Key, Message, Reported
from closeloop.matching.bundle import default_bundle
from closeloop.ports import Entity, Record, Ref, Value
from closeloop.words.normal import comparable, normal_form

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
COMPANY_PATHS = frozenset({"form.company", "crm.Account.Name"})
TRAIT_PATHS = {
    "form.email": "email", "form.name": "name", "form.tel": "phone", "form.company": "company", "form.title": "title",
    "crm.Email": "email", "crm.Name": "name", "crm.Phone": "phone",
}  # fmt: skip
POLICY = Policy(COMPANY_PATHS, TRAIT_PATHS, default_bundle(), "b2b@7")
_numbers = count(1)


def email_key(text: str) -> Key:
    """The key of an address as the inbox makes it."""
    return Key("email", str(normal_form("email")(text, None).value))


def form(
    email: str | None = None,
    *,
    user: str | None = None,
    browser: str | None = None,
    company: str | None = None,
    name: str | None = None,
    tel: str | None = None,
    act: str | None = "form.submitted",
    at: datetime = AT,
    id: str | None = None,  # noqa: A002 - the word that a message has for it
) -> Message:
    """An event of the web site; `act` None is an identify."""
    keys = [email_key(email)] if email else []
    if user is not None:
        as_email = normal_form("email")(user, None)
        keys += [Key("email", str(as_email.value))] if as_email.valid else []
        keys.append(Key("form.user", user))
    number = next(_numbers)
    stated = {"form.email": email, "form.name": name, "form.tel": tel}
    values = [Reported("person", path, value) for path, value in stated.items() if value]
    return Message(
        id or f"form:{number}", "form", "r", number, "event", at, at + timedelta(seconds=1),
        keys=tuple(dict.fromkeys(keys)), visitor=f"form/{browser}" if browser else None,
        values=(*values, *([Reported("account", "form.company", company)] if company else [])),
        act=Act(act) if act else None,
    )  # fmt: skip


def crm(
    object_name: str,
    id_: str,
    *,
    email: str | None = None,
    name: str | None = None,
    called: str | None = None,
    our_key: str | None = None,
    became: tuple[Ref, ...] = (),
    at: datetime = AT,
    fields: dict[str, Value] | None = None,
    touch: str | None = None,
    **refs: Ref,
) -> Message:
    """A record that was pulled from the CRM; `name` is an account's, `called` a person's."""
    kinds: dict[str, Entity] = {
        "Account": "account", "Opportunity": "opportunity", "Campaign": "campaign", "Task": "task",
    }  # fmt: skip
    record = Record(object_name, id_, kinds.get(object_name, "person"), at, fields or {}, refs, touch, our_key, became)
    keys = [Key(f"crm.{object_name}", id_)]
    if record.entity == "task":
        keys = [Key(f"crm.{refs['person'].object}", refs["person"].id)] if "person" in refs else []
    keys += [Key("closeloop", our_key)] if our_key else []
    keys += [email_key(email)] if email else []
    stated: tuple[tuple[Entity, str, str | None], ...] = (
        ("account", "crm.Account.Name", name), ("person", "crm.Name", called), ("person", "crm.Email", email),
    )  # fmt: skip
    number = next(_numbers)
    return Message(
        f"crm:{object_name}:{id_}:{number}", "crm", "r", number, "record", at, at + timedelta(seconds=1),
        keys=tuple(keys), record=record,
        values=tuple(Reported(kind, path, value) for kind, path, value in stated if value),
        act=Act(touch) if touch else None,
    )  # fmt: skip


def company_key(name: str) -> Key:
    """The key under which an account is known by its name."""
    return Key("company", comparable("company", name))
