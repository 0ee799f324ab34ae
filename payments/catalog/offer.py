"""Verbs over a product and its default price: introduce both at once, change which price is the default."""

from typing import Any

from payments.catalog.prices import Price
from payments.catalog.products import Product
from payments.errors import InvalidRequest


def introduce(params: dict[str, Any]) -> Product:
    """Collect a new product, and its default price where `default_price_data` describes one."""
    product = Product.create(params)
    price = None
    if "default_price_data" in params:
        price = Price.of_product(product, params["default_price_data"], within="default_price_data")
        product.default_price = price.id
    product.announce()
    if price is not None:
        price.announce()
    return product


def change(product: Product, params: dict[str, Any]) -> Product:
    """Change a product; its default price has to be one of its own, and active."""
    if params.get("default_price"):
        price = Price.find(params["default_price"], param="default_price")
        if price.product != product.wire_id:
            raise InvalidRequest(
                f"The price `{price.id}` does not belong to the product `{product.wire_id}`.",
                param="default_price",
            )
        if not price.active:
            raise InvalidRequest("The default price of a product must be active.", param="default_price")
    product.update(params)
    return product
