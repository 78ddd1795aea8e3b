"""Who or what is meant: an e-mail address, an id, or the beginning of one, found among people, leads and messages."""

from __future__ import annotations

from sqlalchemy import Connection, TextClause, text

from closeloop.words.errors import BadInput

_SHOWN = 5

_PEOPLE_BY_KEY = text(
    "SELECT DISTINCT root_id FROM v_keys WHERE entity_kind = 'person' AND kind = 'email' AND value = :given"
)
_PEOPLE_BY_VALUE = text("""
    SELECT DISTINCT entity_id FROM v_believed
    WHERE of_kind = 'person' AND field = 'email' AND LOWER(given) = :quoted LIMIT 6""")
_PEOPLE_BY_ID = text("""
    SELECT DISTINCT root_id FROM v_entities WHERE kind = 'person' AND SUBSTR(entity_id, 1, :length) = :given LIMIT 6""")
_LEADS_BY_ID = text("SELECT id FROM v_leads WHERE SUBSTR(id, 1, :length) = :given ORDER BY id LIMIT 6")
_LEADS_OF = text("SELECT id FROM v_leads WHERE person_id = :person ORDER BY created_at LIMIT 6")
_MESSAGES_BY_ID = text("SELECT id FROM v_messages WHERE SUBSTR(id, 1, :length) = :given ORDER BY id LIMIT 6")
_MESSAGE = text("SELECT id FROM v_messages WHERE id = :given")
_MESSAGES_BY_KEY = text("SELECT id FROM v_messages WHERE id LIKE :ending ESCAPE '!' ORDER BY id LIMIT 6")


def find_person(connection: Connection, given: str) -> str:
    """The id of the resolved person that an e-mail address, an id (a dead one too) or its beginning means.

    Raises:
        BadInput: nobody, or several; names them.
    """
    if "@" in given:
        address = given.strip().lower()
        found = _ids(connection, _PEOPLE_BY_KEY, given=address) or _ids(
            connection, _PEOPLE_BY_VALUE, quoted=f'"{address}"'
        )
    else:
        found = _ids(connection, _PEOPLE_BY_ID, given=given, length=len(given))
    return _one("person", given, found, "an e-mail address, a person's id or its beginning")


def find_lead(connection: Connection, given: str) -> str:
    """The id of the lead that an id, its beginning, or the address of a person with one lead means.

    Raises:
        BadInput: none, or several; names them.
    """
    if "@" in given:
        found = _ids(connection, _LEADS_OF, person=find_person(connection, given))
    else:
        found = _ids(connection, _LEADS_BY_ID, given=given, length=len(given))
    return _one("lead", given, found, "a lead's id or its beginning, or the e-mail address of a person with one lead")


def find_message(connection: Connection, given: str) -> str:
    """The id of the message that an id ("source:key"), its beginning, or the key alone as the sender gave it, means.

    Raises:
        BadInput: none, or several; names them.
    """
    quoted = given.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    found = (
        _ids(connection, _MESSAGE, given=given)
        or _ids(connection, _MESSAGES_BY_ID, given=given, length=len(given))
        or _ids(connection, _MESSAGES_BY_KEY, ending=f"%:{quoted}")
    )
    return _one("message", given, found, "a message's id, such as form:7f3a, its beginning, or the messageId as sent")


def _ids(connection: Connection, statement: TextClause, **parameters: str | int) -> list[str]:
    return list(connection.execute(statement, parameters).scalars())


def _one(kind: str, given: str, found: list[str], valid: str) -> str:
    if not found:
        raise BadInput(f"no {kind} is known as {given!r}; valid is {valid}")
    if len(found) > 1:
        more = " and more" if len(found) > _SHOWN else ""
        raise BadInput(f"{given!r} may mean several: {', '.join(found[:_SHOWN])}{more}; give more of the id")
    return found[0]
