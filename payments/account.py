"""The merchant's own account, as the wire shows it: who it is, and what it may do."""

from typing import Any

import stripe

from kit.database import db
from payments.balance.bank_accounts import BankAccount
from payments.errors import NotFound
from payments.merchants import Merchant, present_merchant
from payments.scope import caller
from payments.shapes import shaped


def own(account_id: str) -> Merchant:
    """Return the caller's merchant by its id; raises NotFound for any other."""
    if account_id != caller().account_id:
        raise NotFound("account", account_id, param="account")
    return present_merchant()


def as_stripe(merchant: Merchant) -> dict[str, Any]:
    """Return the account with its first ten bank accounts."""
    newest = BankAccount.mine().order_by(BankAccount.id.desc()).limit(11)
    accounts = list(db.session.scalars(newest))
    return shaped(
        stripe.Account,
        id=merchant.id,
        object="account",
        business_profile=_business_profile(merchant),
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        country=merchant.country,
        created=merchant.created,
        default_currency=merchant.default_currency,
        details_submitted=True,
        external_accounts={
            "object": "list",
            "data": [account.as_stripe() for account in accounts[:10]],
            "has_more": len(accounts) > 10,
            "url": f"/v1/accounts/{merchant.id}/external_accounts",
        },
        metadata={},
        payouts_enabled=True,
        settings=_settings(merchant),
        type="standard",
    )


def _business_profile(merchant: Merchant) -> dict[str, Any]:
    name = (merchant.branding or {}).get("display_name") or merchant.name
    return shaped(stripe.Account.BusinessProfile, name=name, **(merchant.business_profile or {}))


def _settings(merchant: Merchant) -> dict[str, Any]:
    """Return the settings; as with Stripe, the first colour is the page's ground, the second its button."""
    part, looks = stripe.Account.Settings, merchant.branding or {}
    return {
        "branding": shaped(
            part.Branding,
            primary_color=looks.get("background_color"),
            secondary_color=looks.get("button_color"),
        ),
        "card_payments": shaped(part.CardPayments),
        "dashboard": shaped(part.Dashboard, display_name=merchant.name, timezone="Etc/UTC"),
        "payments": shaped(part.Payments),
    }
