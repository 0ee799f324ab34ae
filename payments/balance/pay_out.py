"""pay out: take an amount off a balance and send it, by the merchant's wish or after a settlement."""

from typing import Any

from kit import clock
from kit.money import THREE_DECIMAL
from payments import ledger, lifecycle
from payments.balance import balance
from payments.balance.bank_accounts import BankAccount
from payments.balance.bank_accounts import Status as AccountStatus
from payments.balance.folding import FoldedBalance
from payments.balance.payouts import COULD_NOT_PROCESS, FAILURES, Payout, Status
from payments.bank import NotFound, Unknown
from payments.charging import amounts
from payments.contracts import Contract
from payments.errors import InvalidRequest
from payments.ledger import Account, Entry
from payments.scope import caller
from payments.treasury import Destination, PayOut, PayoutStands, Rejected, treasuries

# Payouts of these are divisible by so many minor units (Stripe's currencies page); thousandths end in 0.
STEPS = {"huf": 100, "isk": 100, "twd": 100, "ugx": 100, **dict.fromkeys(THREE_DECIMAL, 10)}
LONGEST_DESCRIPTOR = 22
# Seconds until a payout is looked up again, and until one that nobody answered for is asked for again.
LOOK_SECONDS = 60
AGAIN_SECONDS = 30
RETURNS_SECONDS = 5 * 24 * 3600  # so long a paid one may still come back
Answer = PayoutStands | Rejected | NotFound | Unknown


def create(params: dict[str, Any]) -> Payout:
    """Collect a payout that the merchant asks for; raises InvalidRequest where it can't be made."""
    currency = amounts.known_currency(params["currency"]).code
    amount_minor = _amount(params["amount"], currency)
    _check_words(params)
    account = _destination(params.get("destination"), currency)
    # The row first: whoever pays out after it was read makes this write fail, and the edge tries again.
    FoldedBalance.of(currency)
    available_minor, _ = balance.sums().get(currency, (0, 0))
    if amount_minor > available_minor:
        raise InvalidRequest(
            "You have insufficient available funds in your Florin account. Try adding funds directly to your "
            "available balance by creating Charges using the 4000000000000077 test card.",
            code="balance_insufficient",
            param="amount",
        )
    return Payout.begin(amount_minor, account, acquirer=_treasury(), **params)


def pay_all_out() -> list[Payout]:
    """Collect an automatic payout of all that is folded, for each currency that has an account to go to."""
    made = []
    for account in BankAccount.defaults() if treasuries else ():
        folded_minor = FoldedBalance.of(account.currency).amount_minor
        amount_minor = folded_minor - folded_minor % STEPS.get(account.currency, 1)
        if amount_minor > 0:
            made.append(Payout.begin(amount_minor, account, acquirer=_treasury(), automatic=True))
    return made


def cancel(payout: Payout) -> None:
    """Take a payout back that the bank has not heard of; raises InvalidRequest for any other."""
    if payout.automatic:
        raise InvalidRequest("Automatic payouts can't be canceled.", code="payouts_not_allowed")
    if payout.status != Status.PENDING or payout.asked:
        raise InvalidRequest("Payouts can only be canceled while they are pending.", param="payout")
    payout.give_back("payout_cancel")
    payout.look_at = None
    lifecycle.move(payout, Status.CANCELED)


def claim(payout: Payout) -> PayOut:
    """Note that the bank will hear of it; return the question, the same each time it is asked."""
    payout.asked = True
    payout.look_at = clock.now() + AGAIN_SECONDS
    account = BankAccount.find(payout.destination_id)
    to = Destination(account.number(), account.routing_number, account.country, account.account_holder_name)
    return PayOut(
        payout.id, _merchant_id(payout), payout.amount, payout.currency, to, payout.statement_descriptor
    )


def settle(payout: Payout, answer: Answer) -> None:
    """Collect what follows from how the payout stands at the bank; what nobody knows changes nothing."""
    match answer:
        case PayoutStands(status="pending") if payout.status == Status.PENDING:
            payout.arrival_date = answer.arrives_at
            payout.look_at = clock.now() + LOOK_SECONDS
            lifecycle.move(payout, Status.IN_TRANSIT)
        case PayoutStands(status="paid"):
            _arrived(payout, answer)
        case PayoutStands(status="failed" | "returned"):
            if answer.status == "returned":
                _arrived(payout, answer)  # it was paid in between, and may not have been seen so
            _failed(payout, answer.reason or COULD_NOT_PROCESS)
        case Rejected():
            _failed(payout, COULD_NOT_PROCESS)
        case _:
            payout.look_at = clock.now() + _patience(payout)


def _patience(payout: Payout) -> int:
    return max(LOOK_SECONDS, min(3600, (clock.now() - payout.created) // 10))


def _arrived(payout: Payout, answer: PayoutStands) -> None:
    if payout.status == Status.PENDING:  # the answer to its order was lost
        lifecycle.move(payout, Status.IN_TRANSIT)
    if payout.status == Status.IN_TRANSIT:
        payout.trace_id = answer.trace_id
        _book(payout, "paid", payout.amount)
        lifecycle.move(payout, Status.PAID)
    past = clock.now() - payout.created > RETURNS_SECONDS
    payout.look_at = None if past else clock.now() + _patience(payout)


def _failed(payout: Payout, reason: str) -> None:
    if payout.status not in (Status.PENDING, Status.IN_TRANSIT, Status.PAID):
        return
    if payout.status == Status.PAID:
        _book(payout, "returned", -payout.amount)
    payout.failure_code = reason if reason in FAILURES else COULD_NOT_PROCESS
    payout.give_back("payout_failure")
    payout.look_at = None
    lifecycle.move(payout, Status.FAILED, reason=reason)
    account = BankAccount.find(payout.destination_id)
    if account.status == AccountStatus.NEW and reason != "insufficient_funds":
        lifecycle.move(account, AccountStatus.ERRORED)


def _book(payout: Payout, what: str, amount_minor: int) -> None:
    """Post what the bank has moved: from what was under way to our account there."""
    entries = [
        Entry(Account.PAYOUTS_IN_TRANSIT, payout.currency, amount_minor),
        Entry(Account.BANK_CASH, payout.currency, -amount_minor),
    ]
    ledger.post(f"{payout.id}:{what}", entries)


def _amount(amount_minor: int, currency: str) -> int:
    step = STEPS.get(currency, 1)
    if amount_minor < 1:
        raise InvalidRequest(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount_minor % step:
        raise InvalidRequest(
            f"Invalid amount. Payouts in {currency} must be evenly divisible by {step}.",
            code="invalid_charge_amount",
            param="amount",
        )
    return amount_minor


def _check_words(params: dict[str, Any]) -> None:
    if len(params.get("statement_descriptor") or "") > LONGEST_DESCRIPTOR:
        raise InvalidRequest(
            f"Invalid string; must be at most {LONGEST_DESCRIPTOR} characters", param="statement_descriptor"
        )
    if params.get("method", "standard") != "standard":
        raise InvalidRequest(
            "This bank account is not eligible for Instant Payouts.",
            code="instant_payouts_unsupported",
            param="method",
        )


def _destination(named: str | None, currency: str) -> BankAccount:
    account = BankAccount.find(named, param="destination") if named else BankAccount.default_for(currency)
    if account is None or account.currency != currency:
        raise InvalidRequest(
            f"Sorry, you don't have any external accounts in that currency ({currency}).",
            param="destination" if named else "currency",
        )
    return account


def _treasury() -> str:
    """Return the bank that pays: the merchant's first that has a treasury; raises InvalidRequest for none."""
    contracts = sorted(Contract.of(caller().account_id), key=lambda contract: contract.priority)
    own = (contract.acquirer for contract in contracts if contract.acquirer in treasuries)
    name = next(own, None) or next(iter(treasuries), None)
    if name is None:
        raise InvalidRequest("None of this account's acquirers pays out.", code="payouts_not_allowed")
    return name


def _merchant_id(payout: Payout) -> str:
    """Return what that bank knows the merchant by."""
    contracts = Contract.of(payout.account_id)
    return next(
        (contract.merchant_id for contract in contracts if contract.acquirer == payout.acquirer),
        payout.account_id,
    )
