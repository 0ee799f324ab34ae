"""Whatever our own OpenAPI document allows, and what it forbids, gets an answer that the document promises.

Schemathesis writes the requests, with real ids and sensible values in most places: no 500, no status and no
body outside of the document. Each database has a house of its own, since the requests make endless objects.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, HookContext
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.bad_input.conftest import Shop, stock
from tests.support import bracket_forms
from tests.support.bank import Bank
from tests.support.factories import create_merchant
from tests.support.houses import quiet_house

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 10, GenerationMode.NEGATIVE: 5}
# What most of the values become, by the name of the parameter or by the noun of the path: most of what can be
# made up is refused at the first look, and the deeper rooms would never be entered.
SENSIBLE = {
    "payment_intent": ("{paid}", "{intent}", "{held}", "{canceled}", "{partly}"),
    "charge": ("{charge}", "{held_charge}", "{refunded_charge}"),
    "refund": ("{refund}",),
    "customer": ("{customer}", "{customer}", "{gone}", "{foreign_customer}"),
    "payment_method": ("{saved}", "{spent}", "pm_card_visa", "pm_card_chargeDeclined"),
    "product": ("{product}",),
    "price": ("{price}", "{monthly}", "{euro_price}"),
    "session": ("{session}", "{expired}"),
    "webhook_endpoint": ("{endpoint}",),
    "transaction_id": ("{session}", "{intent}", "{paid}", "{charge}", "{refund}"),
    "client_secret": ("{secret}",),
    "currency": ("usd", "USD", "eur", "kwd", "jpy"),
    "amount": ("2000", "50", "99999999", "70"),
    "unit_amount": ("700", "0", "99999999"),
    "amount_to_capture": ("2000", "1"),
    "quantity": ("1", "999999"),
    "mode": ("payment",),
    "type": ("card",),
    "token": ("tok_visa",),
    "number": ("4242424242424242", "4000000000000002"),
    "exp_month": ("12",),
    "exp_year": ("2034", "34"),
    "cvc": ("123",),
    "country": ("US",),
    "email": ("jenny@example.com",),
    "url": ("https://shop.example/hook",),
    "success_url": ("https://shop.example/thanks",),
    "cancel_url": ("https://shop.example/cart",),
    "limit": ("10",),
}
NOUN_OF_PATH = {
    "payment_intents": "payment_intent", "charges": "charge", "refunds": "refund", "customers": "customer",
    "payment_methods": "payment_method", "products": "product", "prices": "price", "sessions": "session",
    "webhook_endpoints": "webhook_endpoint", "status": "transaction_id",
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The app on a migrated database of its own, where no job runs."""
    folder = tmp_path_factory.mktemp("fuzzed")
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, bank, folder, ask) as app:
        yield app


@pytest.fixture(scope="module")
def owner(house: Flask) -> Shop:
    """A merchant with one object of each kind, and a stranger's objects."""
    stranger, stranger_key = create_merchant(house, "Stranger")
    theirs = Shop(house, stranger.id, stranger_key)
    stock(theirs)
    merchant, key = create_merchant(house)
    shop = Shop(house, merchant.id, key, {f"foreign_{name}": known for name, known in theirs.known.items()})
    stock(shop)
    return shop


def teach_sense(schema: BaseSchema, shop: Shop) -> None:
    """Let most of the generated values make sense; the same input always becomes the same request."""

    def sensible(given: dict[str, Any], noun_of: Callable[[str], str]) -> dict[str, Any]:
        result = {}
        for name, value in given.items():
            dice = zlib.crc32(repr((name, value)).encode())
            choice = SENSIBLE.get(noun_of(name))
            if choice and dice % 4:
                result[name] = shop.filled(choice[dice // 4 % len(choice)])
            elif not name.startswith("expand") or dice % 2:  # no word that is made up can be expanded
                result[name] = value
        return result

    def leaf(name: str) -> str:
        return name.rpartition("[")[2].rstrip("]") or name

    @schema.hook
    def map_path_parameters(context: HookContext, path_parameters: Any) -> Any:
        steps = context.operation.path.strip("/").split("/") if context.operation else []
        nouns = {step.strip("{}"): NOUN_OF_PATH.get(steps[place - 1], "") for place, step in enumerate(steps)}
        return path_parameters and sensible(path_parameters, nouns.__getitem__)

    @schema.hook
    def map_query(_: HookContext, query: Any) -> Any:
        return sensible(query, leaf) if isinstance(query, dict) else query

    @schema.hook
    def map_body(_: HookContext, body: Any) -> Any:
        return sensible(body, leaf) if isinstance(body, dict) else body


def examine(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, headers: dict[str, str]
) -> Counter[int]:
    """Send an operation some requests; return the statuses of the answers. Hypothesis names what fails."""
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def answers_as_promised(case: Case[Any]) -> None:
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        statuses[answer.status_code] += 1

    answers_as_promised()
    return statuses


@pytest.mark.slow
@pytest.mark.parametrize("mode", EXAMPLES, ids=["what is allowed", "what is forbidden"])
def test_every_answer_is_one_that_the_document_promises(
    house: Flask, owner: Shop, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", house)
    bracket_forms.teach(schema)
    teach_sense(schema, owner)
    headers = {"Authorization": f"Bearer {owner.key}"}
    statuses = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        statuses[operation.label] = examine(operation, mode, headers)
    assert len(statuses) > 40
    assert sum(statuses.values(), Counter()).keys() >= {200, 400, 404}
