"""Sends one message: through Apprise to people, as a signed post to a webhook.

Posts are signed as Standard Webhooks says (https://www.standardwebhooks.com): `webhook-signature` is `v1,` and the base64 of
HMAC-SHA256 over `ID.TIMESTAMP.BODY`, with the secret's bytes, or what base64 after `whsec_` stands for. `webhook-id` (also
`Idempotency-Key`) stays the same when a message is sent again; `webhook-timestamp` is of each attempt.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import quote

from tutorpulse.clock import SECOND_US
from tutorpulse.decisions.alerts.notices import Text
from tutorpulse.errors import InputError, SettingsError
from tutorpulse.service.delivery.receivers import Receiver

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
"""How long a webhook may take to answer. Apprise has limits of its own, 15 s for a mail server."""

_SAID_MAX = 300
_MAIL = ("mailto", "mailtos")


@dataclass(frozen=True)
class Failure:
    """Why a message did not arrive; the receiver may have said how many seconds to wait."""

    reason: str
    wait_s: float | None = None


def check_installed(receivers: tuple[Receiver, ...]) -> None:
    """Raises InputError where a library that these receivers need is not installed."""
    needed = {"apprise"} if any(r.url for r in receivers) else set()
    needed |= {"httpx"} if any(r.webhook for r in receivers) else set()
    missing = sorted(name for name in needed if find_spec(name) is None)
    if missing:
        raise InputError(
            f"Telling receivers of alerts needs {', '.join(missing)}. Install with `pip install 'tutorpulse[alerts]'`."
        )


def signature(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """What `webhook-signature` says of a post.

    Raises:
        SettingsError: the secret begins with `whsec_` and goes on with what is no base64.
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(receiver: Receiver, message_id: str, body: bytes, now_us: int) -> Failure | None:
    """Post to a webhook; None where it took it (any status of 200 to 299). Redirections are not followed."""
    import httpx

    timestamp_s = now_us // SECOND_US
    headers = {
        "content-type": "application/json",
        "user-agent": "tutorpulse",
        "webhook-id": message_id,
        "idempotency-key": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": signature(receiver.secret, message_id, timestamp_s, body),
    }
    try:
        answer = _client().post(receiver.webhook, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Failure(f"{receiver.via} cannot be reached: {type(error).__name__}")
    if answer.is_success:
        return None
    return Failure(
        f"{receiver.via} answered {answer.status_code}", _wait_s(answer.headers.get("retry-after"))
    )


@cache
def _client() -> "httpx.Client":
    """One for the process: threads may share it, and making one reads all certificates."""
    import httpx

    return httpx.Client(timeout=TIMEOUT_S)


def notify(receiver: Receiver, message_id: str, text: Text) -> Failure | None:
    """Tell people; None where every address took it. Of mails the header `X-Tutorpulse-Key` is the message's id."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="tutorpulse", app_url="", storage_mode=apprise.PersistentStoreMode.MEMORY
    )
    # Each message has an object of its own: one that is kept waits seconds between messages.
    target = apprise.Apprise.instantiate(_keyed(receiver, message_id), asset=asset)
    if target is None:
        return Failure(f"Apprise knows no such url as that of {receiver.name}: {receiver.via}://…")
    with _said() as lines:
        if target.notify(title=text.title, body=text.body, body_format=apprise.NotifyFormat.TEXT):
            return None
    said = "; ".join(_without_secrets(line, receiver) for line in lines) or "no reason given"
    return Failure(f"{receiver.via}: {said}"[:_SAID_MAX])


def _keyed(receiver: Receiver, message_id: str) -> str:
    if receiver.via not in _MAIL:
        return receiver.url
    joined = "&" if "?" in receiver.url else "?"
    return f"{receiver.url}{joined}+X-Tutorpulse-Key={quote(message_id)}"


@contextmanager
def _said() -> Iterator[list[str]]:
    """What Apprise warns of in this thread, within the context."""
    handler = _Lines()
    logger = logging.getLogger("apprise")
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


def _without_secrets(line: str, receiver: Receiver) -> str:
    """Whatever of the line stands in the receiver's url, but its scheme and host, is struck out."""
    parts = re.split(r"[/?&:@=,]+", receiver.url.partition("://")[2])
    for part in sorted((p for p in parts[1:] if len(p) > 3), key=len, reverse=True):
        line = line.replace(part, "…")
    return line


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SettingsError(
            "A webhook's secret begins with whsec_, but what follows is no base64. Mend it in receivers.toml."
        ) from None


def _wait_s(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None
