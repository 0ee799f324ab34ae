"""What a merchant arranges before the first order: who is told what, and where the money goes."""

from tests.chaos.till import Till

# One account for each of these, by currency; what arrives there is paid, or fails, or comes back a day later.
ACCOUNTS = {"usd": "000123456789", "eur": "000123456789", "gbp": "000555555551", "jpy": "000111111116"}
SOME_TYPES = ["payment_intent.succeeded", "charge.refunded", "charge.succeeded", "checkout.session.completed"]


def subscribe(till: Till, sink_port: int) -> dict[str, list[str]]:
    """Two endpoints: one for everything, one for some types; returns what each wants by its path."""
    wanted = {
        "/1": ["*"],
        "/2": SOME_TYPES,
    }
    for path, types in wanted.items():
        form = {"url": f"http://127.0.0.1:{sink_port}{path}"}
        form |= {f"enabled_events[{number}]": name for number, name in enumerate(types)}
        assert till.post(0, "subscribe", "/v1/webhook_endpoints", form, key=f"subscribe{path}").good
    return wanted


def open_accounts(till: Till) -> None:
    """Name a bank account for payouts in some currencies; a balance in another one stays where it is."""
    account_id = till.get(0, "/v1/account").body["id"]
    for currency, number in ACCOUNTS.items():
        account = {
            "object": "bank_account", "country": "US", "currency": currency, "account_number": number,
            "routing_number": "110000000", "account_holder_name": "Rosie",
        }  # fmt: skip
        form = {f"external_account[{name}]": value for name, value in account.items()}
        path = f"/v1/accounts/{account_id}/external_accounts"
        assert till.post(0, "open_account", path, form, key=f"account-{currency}").good
