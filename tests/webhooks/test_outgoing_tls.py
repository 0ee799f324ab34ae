"""Over TLS the client verifies the certificate before it sends anything, and keeps the same deadline."""

import datetime as dt
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.deadline import tls_context
from kit.http import Client, Failure, Response
from tests.webhooks.scripted_server import Make, Script, ScriptedServer, answering, dripping, playing, reply
from tests.webhooks.side_by_side import SideBySide


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-signed certificate for localhost and its key, as two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(folder / "certificate.pem"), str(folder / "key.pem")


def over_tls(make: Make, certificate: tuple[str, str]) -> Make:
    """Play the scripts behind a TLS handshake with this certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def make_wrapped(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            try:
                wrapped = context.wrap_socket(connection, server_side=True)
            except OSError:
                return  # the client did not like our certificate
            with wrapped:
                try:
                    make(server)[0](wrapped)
                except ssl.SSLError:
                    return  # the client hung up in the middle

        return [script]

    return make_wrapped


def trusting(certificate: tuple[str, str], kind: type[Client] = Client) -> Client:
    context = tls_context()
    context.load_verify_locations(certificate[0])
    return kind(ssl_context=context)


def kind_and_sent(outcome: Response | Failure) -> tuple[str, bool]:
    assert isinstance(outcome, Failure), outcome
    return outcome.kind, outcome.sent


def test_a_certificate_that_nobody_trusts_ends_the_talk_before_anything_is_sent(
    certificate: tuple[str, str],
) -> None:
    with playing(over_tls(answering(reply()), certificate)) as server:
        outcome = Client().post(f"https://localhost:{server.port}/", b"{}")
    assert kind_and_sent(outcome) == ("tls", False)
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(certificate: tuple[str, str]) -> None:
    with playing(over_tls(answering(reply()), certificate)) as server:
        outcome = trusting(certificate).post(f"https://127.0.0.1:{server.port}/", b"{}")
    assert kind_and_sent(outcome) == ("tls", False)


def test_a_trusted_peer_is_posted_to_and_answers(certificate: tuple[str, str]) -> None:
    client = trusting(certificate)
    with playing(over_tls(answering(reply("200 OK", b"hello")), certificate)) as server:
        answer = client.post(f"https://localhost:{server.port}/", b"{}")
        client.close()
    assert isinstance(answer, Response)
    assert answer.body == b"hello"


def test_a_slow_drip_is_cut_off_at_the_deadline(certificate: tuple[str, str]) -> None:
    client = trusting(certificate)
    with playing(over_tls(dripping(b"HTTP/1.1 200 OK\r\nX: "), certificate)) as server:
        outcome = client.post(f"https://localhost:{server.port}/", b"{}", timeout_seconds=0.5)
    assert kind_and_sent(outcome) == ("timeout", True)


@pytest.mark.parametrize("kind", [Client, SideBySide])
def test_a_connection_serves_again_even_for_what_is_large(
    certificate: tuple[str, str], kind: type[Client]
) -> None:
    client = trusting(certificate, kind)
    replies = [reply("200 OK", body) for body in (b"one", b"x" * 40_000, b"three")]
    with playing(over_tls(answering(*replies), certificate)) as server:
        answers = [
            client.post(f"https://localhost:{server.port}/", body) for body in (b"1", b"y" * 5_000_000, b"3")
        ]
        client.close()
    assert [answer.body for answer in answers if isinstance(answer, Response)] == [
        b"one", b"x" * 40_000, b"three",
    ]  # fmt: skip
    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_drip_over_a_kept_connection_is_cut_off_too(certificate: tuple[str, str]) -> None:
    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(reply())
            dripping(b"HTTP/1.1 200 OK\r\nX: ")(server)[0](connection)

        return [script]

    client = trusting(certificate, SideBySide)
    with playing(over_tls(make, certificate)) as server:
        first = client.post(f"https://localhost:{server.port}/", b"{}")
        outcome = client.post(f"https://localhost:{server.port}/", b"{}", timeout_seconds=0.5)
    assert isinstance(first, Response)
    assert kind_and_sent(outcome) == ("timeout", True)
    assert server.connections == 1
