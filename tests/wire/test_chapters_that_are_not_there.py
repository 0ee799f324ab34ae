"""What Florin has no chapter for answers as Stripe does for an address that it does not know."""

import pytest

from tests.wire.conftest import Api

# Families of Stripe's API that are out of scope, or come later; several methods and depths of each.
NOT_THERE = (
    "GET /v1/issuing/cards", "POST /v1/issuing/cards", "POST /v1/issuing/cardholders",
    "POST /v1/issuing/authorizations/iauth_1/approve", "GET /v1/issuing/transactions",
    "POST /v1/test_helpers/issuing/authorizations",
    "POST /v1/identity/verification_sessions", "GET /v1/identity/verification_reports",
    "POST /v1/reporting/report_runs", "GET /v1/reporting/report_types", "GET /v1/sigma/scheduled_query_runs",
    "GET /v1/accounts", "POST /v1/accounts", "DELETE /v1/accounts/acct_1", "POST /v1/account_links",
    "POST /v1/account_sessions", "POST /v1/transfers", "POST /v1/transfers/tr_1/reversals",
    "GET /v1/application_fees", "POST /v1/topups", "GET /v1/country_specs",
    "POST /v1/billing/meters", "POST /v1/billing/meter_events", "POST /v1/billing_portal/sessions",
    "POST /v1/billing_portal/configurations",
    "POST /v1/subscriptions", "GET /v1/subscriptions", "DELETE /v1/subscriptions/sub_1",
    "POST /v1/subscription_items", "POST /v1/subscription_schedules", "POST /v1/invoices",
    "POST /v1/invoices/in_1/finalize", "POST /v1/invoiceitems", "POST /v1/quotes", "POST /v1/credit_notes",
    "POST /v1/test_helpers/test_clocks", "POST /v1/test_helpers/customers/cus_1/fund_cash_balance",
    "POST /v1/treasury/financial_accounts", "POST /v1/terminal/readers", "POST /v1/tax/calculations",
    "POST /v1/climate/orders", "POST /v1/financial_connections/sessions", "POST /v1/forwarding/requests",
    "GET /v2/core/events", "POST /v2/core/event_destinations", "POST /v2/billing/meter_event_session",
    "POST /v2/core/accounts",
)  # fmt: skip


@pytest.mark.parametrize("named", NOT_THERE)
def test_an_address_that_is_not_there_is_refused_in_stripes_words(api: Api, named: str) -> None:
    method, path = named.split()
    answer = api(method, path)
    assert answer.status_code == 404
    error = answer.get_json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"Unrecognized request URL ({method}: {path}).")
