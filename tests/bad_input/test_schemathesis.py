"""Whatever our own OpenAPI document allows, and what it forbids, gets an answer that the document promises.

Schemathesis writes the requests, with real ids and sensible values in most places: no 500, no status and no
body outside of the document. Each database has a house of its own, since the requests make endless objects.
Both get the same requests, which cost far more to think of than to answer, and have to answer alike.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
from tests.support.databases import KINDS
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


@dataclass(frozen=True)
class Place:
    """A house on one of the databases, and a merchant there whose objects have names."""

    house: Flask
    owner: Shop

    def asked(self, case: Case[Any]) -> int:
        """Send a request and hold the answer to the document; return its status."""
        headers = {"Authorization": f"Bearer {self.owner.key}"}
        answer = case.call_and_validate(headers=headers, checks=CHECKS, app=self.house)
        return int(answer.status_code)

    def translated(self, case: Case[Any], other: Shop) -> Case[Any]:
        """Return the same request with the ids of this house in the place of the other's."""
        ids = {theirs: self.owner.known[name] for name, theirs in other.known.items()}

        def own(given: Any) -> Any:
            if isinstance(given, dict):
                return {key: own(value) for key, value in given.items()}
            if isinstance(given, list):
                return [own(value) for value in given]
            return ids.get(given, given) if isinstance(given, str) else given

        made: Case[Any] = case.operation.Case(
            method=case.method,
            path_parameters=own(case.path_parameters),
            headers=case.headers,
            cookies=case.cookies,
            query=own(case.query),
            body=own(case.body),
            media_type=case.media_type,
        )
        return made


@pytest.fixture(scope="module")
def places(
    request: pytest.FixtureRequest, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Place]]:
    """On each database the app in a house of its own, where no job runs; both merchants have the same."""
    ask = partial(request.getfixturevalue, "postgres_server")
    with ExitStack() as stack:
        houses = [
            stack.enter_context(quiet_house(kind, bank, tmp_path_factory.mktemp("fuzzed"), ask))
            for kind in KINDS
        ]
        yield [Place(house, owner_in(house)) for house in houses]


def owner_in(house: Flask) -> Shop:
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
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, places: list[Place]
) -> Counter[int]:
    """Send an operation some requests; return the statuses of the answers. Hypothesis names what fails."""
    statuses: Counter[int] = Counter()
    first, *others = places

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
        same = [(place, place.translated(case, first.owner)) for place in others]
        told = [place.asked(request) for place, request in [(first, case), *same]]
        assert len(set(told)) == 1, told  # no database is stricter than another
        statuses[told[0]] += 1

    answers_as_promised()
    return statuses


@pytest.mark.slow
@pytest.mark.parametrize("mode", EXAMPLES, ids=["what is allowed", "what is forbidden"])
def test_every_answer_is_one_that_the_document_promises(places: list[Place], mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", places[0].house)
    bracket_forms.teach(schema)
    teach_sense(schema, places[0].owner)
    statuses = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        statuses[operation.label] = examine(operation, mode, places)
    assert len(statuses) > 40
    assert sum(statuses.values(), Counter()).keys() >= {200, 400, 404}
