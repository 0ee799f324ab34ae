"""The outgoing client as the courier uses it, in its own shape: what holds for one holds for both."""

from collections.abc import Mapping

from kit.exchanges import Exchanges
from kit.http import Client, Failure, Response

TIMEOUT_SECONDS = 10.0


class SideBySide(Client):
    """Posts by way of kit.exchanges, one request at a time."""

    def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_seconds: float | None = None,
        reach: object = None,
    ) -> Response | Failure:
        assert reach is None
        seconds = timeout_seconds or TIMEOUT_SECONDS
        with Exchanges(self, timeout_seconds=seconds, most=1, name="test") as under_way:
            under_way.post("key", url, body, headers or {})
            while not (ended := under_way.finished(0.02)):
                pass
        (key, answer), *others = ended
        assert (key, others) == ("key", [])
        return answer
