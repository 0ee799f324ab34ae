"""The bank simulator's counter for tests: a customer who acts without a page, in its HTTP."""

from dataclasses import dataclass
from urllib.parse import quote

import orjson

from kit import http
from payments.acquirers.reading import read_document
from payments.bank import Refused, Unknown
from payments.stand_ins import Act


@dataclass(slots=True)
class SimulatorStandIn:
    """The counter of a bank at `url`, which knows us by `secret`."""

    url: str
    secret: str
    client: http.Client

    def act(self, reference: str, act: Act) -> Refused | Unknown | None:
        """Have the customer of an authorisation act at once."""
        reply = self.client.request(
            "POST",
            f"{self.url}/v1/authorizations/{quote(reference)}/acts",
            body=orjson.dumps({"act": act}),
            headers={"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"},
        )
        if isinstance(reply, http.Response) and reply.status in (400, 404):
            return Refused(f"HTTP {reply.status} to {act}")
        told = read_document(reply)
        return told if isinstance(told, Unknown) else None
