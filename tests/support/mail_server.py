"""A mail server on loopback that keeps what it is given, and refuses what a test has it refuse."""

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default


@dataclass
class Inbox:
    """What has arrived, and the answers that are planned for the next recipients."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # to RCPT, in their turn; then 250

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if message["To"] == address]


class _Session(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        self._say("220 loopback ESMTP")
        while line := self.rfile.readline(2000).decode("ascii", "replace").strip():
            word = line[:4].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if word == "DATA":
                self._take()
            elif word == "RCPT":
                self._receive(line)
            else:
                self._say("250 loopback" if word in ("EHLO", "HELO", "MAIL", "RSET", "NOOP") else "502 no")

    def _receive(self, line: str) -> None:
        inbox: Inbox = self.server.inbox  # type: ignore[attr-defined]
        answer = inbox.answers.pop(0) if inbox.answers else "250 ok"
        if answer.startswith("250"):
            inbox.recipients.append(line.partition(":")[2].strip("<> "))
        self._say(answer)

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        inbox: Inbox = self.server.inbox  # type: ignore[attr-defined]
        message = email.message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        inbox.messages.append(message)
        self._say("250 kept")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server() -> Iterator[Inbox]:
    """A server of its own; yields what it gets."""
    inbox = Inbox()
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.inbox = inbox  # type: ignore[attr-defined]
        inbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()
