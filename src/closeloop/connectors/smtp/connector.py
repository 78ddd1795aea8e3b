"""SMTP as a `Connector` that only mails: at least once, since a server may take a message and its answer be lost.

A repeated command sends the same Message-ID, by which servers and people tell the two apart from two messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from closeloop.connectors.smtp.letter import compose, recipients
from closeloop.ports import Answer, Clock, Command, Limits, Outcome, Owner, Pulled, Record, Ref, Shape, Verb
from closeloop.words.errors import Permanent

_BATCH = 100
_BROKEN = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPConnectError, OSError)


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach the server that takes our mail.

    Attributes:
        tls: "tls" from the first byte (port 465), "starttls" (587), or "none" for a server on this machine.
        local_name: what we call ourselves in EHLO.
    """

    host: str
    port: int
    sender: str
    local_name: str
    tls: str = "starttls"
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0


class Smtp:
    """Mails through one server; a batch goes over one connection."""

    system = "smtp"
    person_objects: tuple[str, ...] = ()
    can_merge: frozenset[str] = frozenset()
    batch_size = _BATCH
    bulk_size = 0
    bulk_from = 0

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server, self._clock = server, clock
        self.calls = 0

    def cost(self, commands: Sequence[Command]) -> int:
        """A mail is a call."""
        return len(commands)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Send each MAIL command; must not be called from within an event loop.

        Refused for good (5xx) is PERMANENT, refused for now (4xx) or a broken connection TRANSIENT. When some of
        several recipients of one message are refused for good, it is DONE and the reason names them.
        """
        return asyncio.run(self._send_all(commands))

    def limits(self) -> Limits:
        """A server's limits show as 4xx answers only."""
        return Limits()

    def discover(self) -> Sequence[Shape]:
        """There are no records."""
        return []

    def owners(self) -> Sequence[Owner]:
        """There are no records that anybody could own."""
        return ()

    def pull(self, cursor: str | None) -> Pulled:
        """There is nothing to read."""
        return Pulled((), cursor or "", more=False)

    def mark(self) -> str:
        """There is nothing to read."""
        return ""

    def objects(self) -> Sequence[str]:
        """There are no records."""
        return ()

    def count(self, object_name: str) -> int | None:
        """There are no records."""
        return None

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """There is nothing to read."""
        return Pulled((), "", more=False)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """What was sent cannot be read back."""
        return {}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        """There are no records."""
        return {}

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        """SMTP calls nobody."""
        return False

    def close(self) -> None:
        """No connection outlives its batch."""

    async def _send_all(self, commands: Sequence[Command]) -> list[Answer]:
        client = self._client()
        answers: list[Answer] = []
        unreachable: Answer | None = None
        self.calls += len(commands)
        for command in commands:
            if command.verb is not Verb.MAIL:
                reason = f"smtp only mails; {command.verb} belongs to another system"
                answers.append(Answer(command.key, Outcome.PERMANENT, reason=reason))
            elif unreachable is not None:
                answers.append(Answer(command.key, unreachable.outcome, reason=unreachable.reason))
            else:
                # A server that breaks off at one message must not keep back those after it: connect anew for each.
                unreachable = None if client.is_connected else await self._connect(client)
                answer = await self._send(client, command) if unreachable is None else unreachable
                answers.append(Answer(command.key, answer.outcome, reason=answer.reason))
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
        client.close()
        return answers

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.local_name,
            timeout=server.timeout_seconds,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            username=server.username,
            password=server.password,
        )

    async def _connect(self, client: aiosmtplib.SMTP) -> Answer | None:
        where = f"{self._server.host}:{self._server.port}"
        try:
            await client.connect()
        except aiosmtplib.SMTPResponseException as error:
            return _refused("", error.code, f"{where} does not let us in: {error.code} {error.message}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Answer("", Outcome.TRANSIENT, reason=f"{where} cannot be reached: {error}")
        return None

    async def _send(self, client: aiosmtplib.SMTP, command: Command) -> Answer:
        try:
            to = recipients(command)
            message = compose(command, to, self._server.sender, self._clock.now())
            refused, _ = await client.send_message(message, recipients=to)
        except Permanent as error:
            return Answer(command.key, Outcome.PERMANENT, reason=str(error))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _of_recipients(command.key, {one.recipient: (one.code, one.message) for one in error.recipients}, [])
        except aiosmtplib.SMTPNotSupported as error:
            return Answer(command.key, Outcome.PERMANENT, reason=f"the server cannot take this address: {error}")
        except aiosmtplib.SMTPResponseException as error:
            return _refused(command.key, error.code, f"refused: {error.code} {error.message}")
        except _BROKEN as error:
            reason = f"the connection broke, the message may have been taken: {error}"
            return Answer(command.key, Outcome.TRANSIENT, reason=reason)
        taken = [address for address in to if address not in refused]
        return _of_recipients(command.key, {one: (said.code, said.message) for one, said in refused.items()}, taken)


def _of_recipients(key: str, refused: Mapping[str, tuple[int, str]], taken: Sequence[str]) -> Answer:
    reason = "; ".join(f"to = {one!r}: {code} {text}" for one, (code, text) in refused.items())
    if any(code < 500 for code, _ in refused.values()):
        return Answer(key, Outcome.TRANSIENT, reason=reason)
    return Answer(key, Outcome.DONE if taken else Outcome.PERMANENT, reason=reason)


def _refused(key: str, code: int, reason: str) -> Answer:
    return Answer(key, Outcome.PERMANENT if code >= 500 else Outcome.TRANSIENT, reason=reason)
