"""A GET whose body is handed on piece by piece: for files that need not fit into a reply's cap, or memory."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping

import urllib3.exceptions

from kit import urls
from kit.addresses import Reach
from kit.deadline import PlainConnection, ReplyTooLarge, TlsConnection, now_seconds, tls_context
from kit.http import Failure, Response, _kind_of

PIECE_BYTES = 256 * 1024
HEADERS_BYTES = 64 * 1024


def download(
    url: str,
    headers: Mapping[str, str],
    take: Callable[[bytes], None],
    *,
    timeout_seconds: float,
    most_bytes: int,
    reach: Reach | None = None,
) -> Response | Failure:
    """Make one request and give each piece of a 200's body to `take`; the answer itself then has no body.

    The deadline covers everything. A body that ends early, or is longer than `most_bytes`, is a Failure; what
    came until then has been taken. Whatever `take` raises ends the download and goes on to the caller, save
    OSError, which is a Failure. `reach` says how far from the public internet the address may lie.
    """
    target = urls.parse(url)
    if isinstance(target, str):
        return Failure("invalid_url", sent=False, detail=target)
    connection: PlainConnection | TlsConnection
    if target.tls:
        connection = TlsConnection(target.host, target.port, ssl_context=tls_context())
    else:
        connection = PlainConnection(target.host, target.port)
    sent = False
    try:
        connection.reach = reach
        connection.begin(now_seconds() + timeout_seconds, most_bytes + HEADERS_BYTES)
        connection.connect()
        sent = True
        connection.request(
            "GET", target.path, headers={"User-Agent": "Florin/1.0", **headers}, preload_content=False
        )
        reply = http.client.HTTPConnection.getresponse(connection)
        if reply.status != http.HTTPStatus.OK:
            return Response(reply.status, {}, reply.read(PIECE_BYTES), 0)
        while piece := reply.read(PIECE_BYTES):
            take(piece)
        if reply.length:
            return Failure("dropped", sent=True, detail=f"{reply.length} bytes of the file are missing")
    except ReplyTooLarge as error:
        return Failure("too_large", sent, str(error))
    except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
        return Failure(_kind_of(error), sent, f"{type(error).__name__}: {error}"[:500])
    finally:
        connection.close()
    return Response(reply.status, {}, b"", 0)
