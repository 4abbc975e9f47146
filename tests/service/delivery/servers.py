"""A real mail server and a real receiver of posts, on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

import msgspec
from aiosmtpd.controller import Controller


@dataclass
class Mail:
    """One mail as the server took it."""

    to: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["subject"])

    @property
    def body(self) -> str:
        return str(self.message.get_content())

    @property
    def key(self) -> str:
        return str(self.message["X-Tutorpulse-Key"])


@dataclass
class MailServer:
    """Takes every mail, or refuses the first few."""

    port: int = 0
    refuse: int = 0
    mails: list[Mail] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            self.refuse -= 1
            return "451 come back later"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(Mail(list(envelope.rcpt_tos), parsed))  # type: ignore[arg-type]
        self.arrived.set()
        return "250 taken"

    def url(self, *addresses: str) -> str:
        """Apprise's url of this server."""
        to = ",".join(addresses or ("ops@x.example",))
        return f"mailto://127.0.0.1:{self.port}/?mode=insecure&format=text&from=pulse@x.example&to={to}"


@contextmanager
def mail_server(**made: Any) -> Iterator[MailServer]:
    """Listens within the context."""
    server = MailServer(port=free_port(), **made)
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Post:
    """One post: what was answered, its headers and its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Hook:
    """Answers with each of `answers` in turn, then with 200."""

    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def taken(self) -> list[Post]:
        """The posts that were answered with 200."""
        return [post for post in self.posts if post.status == 200]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        status = self.answers.pop(0) if self.answers else 200
        self.posts.append(Post(status, headers, body))
        self.arrived.set()
        return status


@contextmanager
def hook(port: int = 0, **made: Any) -> Iterator[Hook]:
    """Listens within the context."""
    receiver = Hook(**made)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take({k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
