"""A TCP server on loopback that plays a script for each connection, and remembers what it was sent."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """`requests` holds the raw bytes of each request read by `read_request`."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self.done = threading.Event()  # set by the test when the scripts may end
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?x=1"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(script, connection))
            thread.start()
            self._threads.append(thread)

    def _play(self, script: Script, connection: socket.socket) -> None:
        with connection:
            try:
                script(connection)
            except ConnectionError:
                return  # the client hung up, as many scripts want it to

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request with its body; nothing when the client has hung up."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        while len(body) < length:
            body += connection.recv(65536)
        request = head + b"\r\n\r\n" + body
        self.requests.append(request)
        return request

    def close(self) -> None:
        self.done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


Make = Callable[[ScriptedServer], list[Script]]


@contextmanager
def playing(make_scripts: Make) -> Iterator[ScriptedServer]:
    """Run a server whose scripts may refer to it."""
    server = ScriptedServer()
    server.scripts = make_scripts(server)
    try:
        yield server
    finally:
        server.close()


def answering(*replies: bytes) -> Make:
    """Answer the requests of each connection with these replies in turn, then hang up."""

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            for reply in replies:
                if not server.read_request(connection):
                    return
                connection.sendall(reply)

        return [script]

    return make


def dripping(head: bytes) -> Make:
    """Send `head`, then one byte every twentieth of a second until the client hangs up."""

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(head)
            while not server.done.wait(0.05):
                connection.sendall(b"x")

        return [script]

    return make


def reply(status: str = "200 OK", body: bytes = b"ok", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
