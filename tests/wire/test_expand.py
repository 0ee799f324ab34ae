"""expand[]: ids become objects, to a depth of four; what can't be expanded is refused."""

from typing import Any

import pytest
import stripe


def create_price(sdk: stripe.StripeClient) -> stripe.Price:
    return sdk.v1.prices.create({"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}})


def test_an_id_stays_an_id_unless_asked_for(sdk: stripe.StripeClient) -> None:
    assert isinstance(create_price(sdk).product, str)


def test_an_expanded_id_is_the_object(sdk: stripe.StripeClient) -> None:
    price_id = create_price(sdk).id
    price = sdk.v1.prices.retrieve(price_id, {"expand": ["product"]})
    assert isinstance(price.product, stripe.Product)
    assert price.product.name == "Rose"
    assert price.product.to_dict() == sdk.v1.products.retrieve(price.product.id).to_dict()


def test_an_object_can_be_expanded_in_the_answer_that_creates_it(sdk: stripe.StripeClient) -> None:
    price = sdk.v1.prices.create(
        {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}, "expand": ["product"]}
    )
    assert isinstance(price.product, stripe.Product)


def test_a_merchants_own_id_expands_whatever_it_looks_like(sdk: stripe.StripeClient) -> None:
    sdk.v1.products.create({"name": "Rose", "id": "cus_rose"})
    price = sdk.v1.prices.create(
        {"currency": "eur", "unit_amount": 500, "product": "cus_rose", "expand": ["product"]}
    )
    assert isinstance(price.product, stripe.Product)
    assert price.product.id == "cus_rose"


def test_paths_lead_through_objects(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create(
        {
            "name": "Rose",
            "default_price_data": {"currency": "eur", "unit_amount": 500},
            "expand": ["default_price.product"],
        }
    )
    assert isinstance(product.default_price, stripe.Price)
    assert isinstance(product.default_price.product, stripe.Product)


def test_an_outer_path_after_an_inner_one_does_not_undo_it(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create(
        {
            "name": "Rose",
            "default_price_data": {"currency": "eur", "unit_amount": 500},
            "expand": ["default_price.product", "default_price"],
        }
    )
    assert isinstance(product.default_price, stripe.Price)
    assert isinstance(product.default_price.product, stripe.Product)


def test_four_levels_are_the_most(api: Any, sdk: stripe.StripeClient) -> None:
    product_id = sdk.v1.products.create(
        {"name": "Rose", "default_price_data": {"currency": "eur", "unit_amount": 500}}
    ).id
    deep = "default_price.product.default_price.product"
    assert api("GET", f"/v1/products/{product_id}", query_string={"expand[]": deep}).status_code == 200
    deeper = api("GET", f"/v1/products/{product_id}", query_string={"expand[]": f"{deep}.default_price"})
    assert deeper.status_code == 400
    assert deeper.json["error"]["param"] == "expand[0]"
    assert "4 levels" in deeper.json["error"]["message"]
    assert deeper.json["error"]["code"] == "property_expansion_max_depth"


def test_an_empty_field_stays_null(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose", "expand": ["default_price"]})
    assert product.default_price is None


@pytest.mark.parametrize(
    "path", ["colour", "currency", "product.name", "id", "", "data.product", "_sa_registry"]
)
def test_what_is_no_object_cannot_be_expanded(api: Any, sdk: stripe.StripeClient, path: str) -> None:
    price_id = create_price(sdk).id
    refused = api("GET", f"/v1/prices/{price_id}", query_string={"expand[]": path})
    assert refused.status_code == 400
    assert refused.json["error"]["type"] == "invalid_request_error"
    assert refused.json["error"]["param"] == "expand[0]"


def test_a_refused_expansion_undoes_what_was_to_be_created(api: Any, sdk: stripe.StripeClient) -> None:
    refused = api("POST", "/v1/products", data={"name": "Rose", "expand[]": "colour"})
    assert refused.status_code == 400
    assert sdk.v1.products.list().data == []
    assert sdk.v1.events.list().data == []


def test_the_objects_of_a_list_expand_under_data(sdk: stripe.StripeClient) -> None:
    create_price(sdk)
    (price,) = sdk.v1.prices.list({"expand": ["data.product"]}).data
    assert isinstance(price.product, stripe.Product)


@pytest.mark.parametrize("path", ["product", "data", "data.colour", "has_more"])
def test_a_path_that_does_not_lead_into_the_list_is_refused(
    api: Any, sdk: stripe.StripeClient, path: str
) -> None:
    create_price(sdk)
    refused = api("GET", "/v1/prices", query_string={"expand[]": path})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "expand[0]"


def test_an_expanded_product_that_is_gone_says_so(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create()
    sdk.v1.customers.delete(customer.id)
    gone = sdk.v1.customers.retrieve(customer.id)
    assert gone.to_dict() == {"id": customer.id, "object": "customer", "deleted": True}


def create_session(sdk: stripe.StripeClient) -> stripe.checkout.Session:
    price = create_price(sdk).id
    return sdk.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://shop.example/done",
            "line_items": [{"price": price, "quantity": 2}],
        }
    )


def name_of(line: stripe.LineItem) -> str:
    assert line.price is not None
    assert isinstance(line.price.product, stripe.Product)
    return line.price.product.name


def test_the_products_of_a_sessions_lines_expand(sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.retrieve(
        create_session(sdk).id, {"expand": ["line_items.data.price.product", "line_items"]}
    )
    assert session.line_items is not None
    assert [name_of(line) for line in session.line_items.data] == ["Rose"]


def test_the_products_of_listed_lines_expand(sdk: stripe.StripeClient) -> None:
    lines = sdk.v1.checkout.sessions.line_items.list(
        create_session(sdk).id, {"expand": ["data.price.product"]}
    )
    assert [name_of(line) for line in lines.data] == ["Rose"]


def test_the_products_of_a_payment_links_lines_expand(sdk: stripe.StripeClient) -> None:
    link = sdk.v1.payment_links.create({"line_items": [{"price": create_price(sdk).id, "quantity": 1}]})
    lines = sdk.v1.payment_links.line_items.list(link.id, {"expand": ["data.price.product"]})
    assert [name_of(line) for line in lines.data] == ["Rose"]
    shown = sdk.v1.payment_links.retrieve(
        link.id, {"expand": ["line_items.data.price.product", "line_items.data.taxes"]}
    )
    assert shown.line_items is not None
    assert [name_of(line) for line in shown.line_items.data] == ["Rose"]


@pytest.mark.parametrize(
    "path", ["line_items.data", "line_items.price", "line_items.data.name", "line_items.has_more"]
)
def test_a_path_that_does_not_lead_into_an_included_list_is_refused(
    api: Any, sdk: stripe.StripeClient, path: str
) -> None:
    session_id = create_session(sdk).id
    refused = api("GET", f"/v1/checkout/sessions/{session_id}", query_string={"expand[]": path})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "expand[0]"


def test_what_is_always_empty_expands_to_null(api: Any, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.retrieve(
        create_session(sdk).id,
        {"expand": ["invoice.payment_intent", "subscription", "payment_intent.review"]},
    )
    assert (session.invoice, session.subscription, session.payment_intent) == (None, None, None)
    intent = {"amount": "2000", "currency": "eur", "expand[0]": "application", "expand[1]": "on_behalf_of"}
    assert api("POST", "/v1/payment_intents", data=intent).json["application"] is None


def test_a_customers_default_method_and_sources_expand(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"expand": ["invoice_settings.default_payment_method", "sources"]})
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method is None
    assert customer.sources is not None
    assert customer.sources.data == []
    assert customer.sources.url == f"/v1/customers/{customer.id}/sources"


@pytest.mark.usefixtures("bank")
def test_the_method_and_the_card_of_a_customer_expand(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"source": "tok_visa", "expand": ["sources"]})
    assert customer.sources is not None
    assert [card.object for card in customer.sources.data] == ["card"]
    method = sdk.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    chosen = sdk.v1.customers.update(
        customer.id,
        {
            "invoice_settings": {"default_payment_method": method.id},
            "expand": ["invoice_settings.default_payment_method.customer"],
        },
    )
    assert chosen.invoice_settings is not None
    default = chosen.invoice_settings.default_payment_method
    assert isinstance(default, stripe.PaymentMethod)
    assert isinstance(default.customer, stripe.Customer)


@pytest.mark.parametrize("path", ["default_source", "invoice_settings.default_payment_method", "sources"])
def test_of_a_deleted_customer_nothing_expands(api: Any, sdk: stripe.StripeClient, path: str) -> None:
    customer_id = sdk.v1.customers.create({}).id
    intent = sdk.v1.payment_intents.create({"amount": 2000, "currency": "eur", "customer": customer_id})
    sdk.v1.customers.delete(customer_id)
    gone = {"id": customer_id, "object": "customer", "deleted": True}
    found = api("GET", f"/v1/customers/{customer_id}", query_string={"expand[]": path})
    assert (found.status_code, found.json) == (200, gone)
    behind = {"expand[]": f"customer.{path}"}
    found = api("GET", f"/v1/payment_intents/{intent.id}", query_string=behind)
    assert (found.status_code, found.json["customer"]) == (200, gone)


def test_a_session_that_takes_no_money_has_no_breakdown(api: Any, sdk: stripe.StripeClient) -> None:
    setup: Any = {"mode": "setup", "success_url": "https://shop.example/done"}
    opened = sdk.v1.checkout.sessions.create(setup | {"expand": ["total_details.breakdown"]})
    assert opened.total_details is None
    listed = api("GET", "/v1/checkout/sessions?expand[]=data.total_details.breakdown")
    assert (listed.status_code, [found["id"] for found in listed.json["data"]]) == (200, [opened.id])
