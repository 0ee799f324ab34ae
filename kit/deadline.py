"""Sockets that obey one deadline for everything: name lookup, connecting, TLS, writing and each read.

The usual timeouts of Python's sockets begin anew with every read, so a peer that drips one byte now
and then holds a caller for ever. Here each blocking call gets only the time that is left.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection

from kit.addresses import Reach, first_refusal

Address = tuple[socket.AddressFamily, tuple[Any, ...]]

# Lookups that run at the same time. getaddrinfo cannot be interrupted, so a dead name server costs
# a thread for as long as the resolver waits; more than this many are refused instead of piled up.
LOOKUPS_AT_ONCE = 64
_lookup_slots = threading.BoundedSemaphore(LOOKUPS_AT_ONCE)


def now_seconds() -> float:
    """A clock that only moves forward and that tests with a frozen wall clock do not stop."""
    return time.perf_counter()


def seconds_left(deadline: float) -> float:
    """Seconds until the deadline; raises TimeoutError once it has passed."""
    left = deadline - time.perf_counter()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


class AddressDenied(OSError):
    """Nothing is sent to where a host's name leads."""


class ReplyTooLarge(OSError):
    """The peer has sent more than an exchange allows."""


class DeadlineSocket(socket.socket):
    """A plain socket whose reads and writes share one deadline, and whose reads are counted."""

    deadline: float = 0.0
    allowance: int = 0

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(seconds_left(self.deadline))
        received = super().recv_into(*args, **kwargs)
        self.allowance = _spent(self.allowance, received)
        return received

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(seconds_left(self.deadline))
        super().sendall(*args, **kwargs)

    def send_at_once(self, data: bytes) -> int:
        """Write as much as goes without waiting; return how many bytes that were."""
        self.settimeout(0)
        try:
            return super().send(data)
        except BlockingIOError:
            return 0

    def receive_at_once(self, size: int) -> bytes | None:
        """Return what has come, nothing at the end; None where that would have to be waited for."""
        self.settimeout(0)
        try:
            received = super().recv(size)
        except BlockingIOError:
            return None
        self.allowance = _spent(self.allowance, len(received))
        return received


class DeadlineTlsSocket(ssl.SSLSocket):
    """The same for TLS. The handshake obeys the timeout of the socket it wraps, as a whole."""

    deadline: float | None = None  # None only during the handshake, while ssl builds the object
    allowance: int = 0

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if self.deadline is not None:
            self.settimeout(seconds_left(self.deadline))
        received = super().recv_into(*args, **kwargs)
        self.allowance = _spent(self.allowance, received)
        return received

    def send(self, *args: Any, **kwargs: Any) -> int:
        if self.deadline is not None:
            self.settimeout(seconds_left(self.deadline))
        return super().send(*args, **kwargs)

    def send_at_once(self, data: bytes) -> int:
        """As DeadlineSocket has it."""
        self.settimeout(0)
        try:
            return super().send(data)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0

    def receive_at_once(self, size: int) -> bytes | None:
        """As DeadlineSocket has it."""
        self.settimeout(0)
        try:
            received = super().recv(size)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        self.allowance = _spent(self.allowance, len(received))
        return received


def _spent(allowance: int, received: int) -> int:
    # http.client would take a hundred header lines of 64 KiB each before it finds them too many.
    if received > allowance:
        raise ReplyTooLarge("the reply is larger than an exchange allows")
    return allowance - received


def resolve(host: str, port: int, deadline: float) -> list[Address]:
    """All addresses of a host name, in the resolver's order. Raises socket.gaierror or TimeoutError."""
    if not _lookup_slots.acquire(timeout=seconds_left(deadline)):
        raise TimeoutError("too many name lookups are waiting")
    answers: queue.SimpleQueue[list[Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, address) for family, _, _, _, address in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)
        finally:
            _lookup_slots.release()

    threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds_left(deadline))
    except queue.Empty:
        raise TimeoutError("the name lookup took too long") from None
    if isinstance(answer, UnicodeError):  # labels that are empty or too long fail before any lookup
        raise socket.gaierror(socket.EAI_NONAME, str(answer))
    if isinstance(answer, OSError):
        raise answer
    return answer


def literal_address(host: str, port: int) -> list[Address]:
    """The address of a host that is already an IP address, without a lookup; empty for a name."""
    for family, address in ((socket.AF_INET, (host, port)), (socket.AF_INET6, (host, port, 0, 0))):
        try:
            socket.inet_pton(family, host)
        except (OSError, UnicodeError):
            continue
        return [(family, address)]
    return []


def connect(host: str, port: int, deadline: float, reach: Reach | None = None) -> DeadlineSocket:
    """Connect to the first address that answers; the time left is shared among those still to try.

    Where a `reach` is given all addresses are checked first (AddressDenied), and the very ones that were
    checked are connected to: a name is looked up once, so it can't lead elsewhere a moment later.
    """
    addresses = literal_address(host, port) or resolve(host, port, deadline)
    if reach is not None and (denied := first_refusal([str(address[0]) for _, address in addresses], reach)):
        raise AddressDenied(f"{host} is not sent to: {denied}")
    failure: OSError = OSError("the name has no addresses")
    for position, (family, address) in enumerate(addresses):
        sock = DeadlineSocket(family, socket.SOCK_STREAM)
        sock.deadline = deadline
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(seconds_left(deadline) / (len(addresses) - position))
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        else:
            return sock
    raise failure


class _Deadlined:
    """What both kinds of connection add to urllib3's: a deadline, an allowance, a reach, an idle time."""

    deadline: float = 0.0
    allowance: int = 0
    idle_since: float = 0.0
    reach: Reach | None = None
    _dns_host: str
    port: int
    sock: Any

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port, self.deadline, self.reach)

    def begin(self, deadline: float, allowance: int) -> None:
        """Begin a new exchange: over by the deadline, its reply no longer than so many bytes."""
        self.deadline = deadline
        self.allowance = allowance
        if self.sock is not None:
            self.sock.deadline = deadline
            self.sock.allowance = allowance


class PlainConnection(_Deadlined, HTTPConnection):
    """urllib3's HTTP connection over a DeadlineSocket."""

    def connect(self) -> None:
        super().connect()
        self.sock.allowance = self.allowance


class TlsConnection(_Deadlined, HTTPSConnection):
    """urllib3's HTTPS connection over a DeadlineTlsSocket, certificates verified."""

    def connect(self) -> None:
        super().connect()
        self.sock.deadline = self.deadline
        self.sock.allowance = self.allowance


Connection = PlainConnection | TlsConnection


def tls_context() -> ssl.SSLContext:
    """Trust the system's authorities and certifi's, since a bare Debian has none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = DeadlineTlsSocket
    return context
