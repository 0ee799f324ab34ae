"""The places of a courier, one for each attempt under way, and who may have how many of them.

Whoever hangs holds his places for the whole deadline, so an endpoint gets few until it has answered quickly
some times, and few again once it has not. All endpoints of an account leave some to those of others.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence

from webhooks.attempts import Result
from webhooks.claims import Shares
from webhooks.outbox import Claim

TOTAL = 256
CLAIM_COUNT = 128
OF_ENDPOINT = 64
OF_STRANGER = 4
OF_ACCOUNT = 192
# Half of the deadline: slower than that is nearly as bad as never.
QUICK_MS = 10_000
# So many quick answers in a row, and an endpoint is known.
PROVES_ITSELF = 8
REMEMBERED = 500  # endpoints that have answered of late


class Places:
    """Which claims are under way in one process, and which endpoints answer."""

    def __init__(self) -> None:
        self._of_endpoint: Counter[str] = Counter()
        self._of_account: Counter[str] = Counter()
        self._quick: OrderedDict[str, int] = OrderedDict()

    def emptied(self) -> "Places":
        """Return the same with nothing under way, as a drain begins: one that broke off has left some."""
        places = Places()
        places._quick = self._quick
        return places

    def taken(self) -> int:
        """Return how many attempts are under way."""
        return self._of_endpoint.total()

    def room(self) -> int:
        """Return how many may be claimed now."""
        return min(CLAIM_COUNT, TOTAL - self.taken())

    def take(self, claim: Claim) -> None:
        """Note that a claim is under way."""
        self._of_endpoint[claim.endpoint_id] += 1
        self._of_account[claim.account_id] += 1

    def give_back(self, results: Sequence[Result]) -> None:
        """Note what has come back, and how quickly."""
        for result in results:
            if result.attempt is None:
                continue  # nothing was sent, so it had no place
            endpoint_id, account_id = result.claim.endpoint_id, result.claim.account_id
            self._of_endpoint[endpoint_id] -= 1
            self._of_account[account_id] -= 1
            self._judge(endpoint_id, quick=result.attempt.elapsed_ms < QUICK_MS)

    def _judge(self, endpoint_id: str, *, quick: bool) -> None:
        if not quick:
            self._quick.pop(endpoint_id, None)
            return
        self._quick[endpoint_id] = min(PROVES_ITSELF, self._quick.pop(endpoint_id, 0) + 1)
        if len(self._quick) > REMEMBERED:
            self._quick.popitem(last=False)

    def _is_known(self, endpoint_id: str) -> bool:
        return self._quick.get(endpoint_id, 0) >= PROVES_ITSELF

    def shares(self) -> Shares:
        """Return what the next claim may take: half a share each, of whoever has half a share left."""
        busy = [
            endpoint_id
            for endpoint_id, count in self._of_endpoint.items()
            if count > (OF_ENDPOINT if self._is_known(endpoint_id) else OF_STRANGER) // 2
        ]
        busy_accounts = [account for account, count in self._of_account.items() if count > OF_ACCOUNT // 2]
        return Shares(
            endpoint=OF_ENDPOINT // 2,
            stranger=OF_STRANGER // 2,
            account=OF_ACCOUNT // 2,
            known=[endpoint_id for endpoint_id in self._quick if self._is_known(endpoint_id)],
            busy=busy,
            busy_accounts=busy_accounts,
        )
