"""Paths of our own origin, which need no request: the house always stands at the root of its origin."""

from typing import Any

from flask import current_app
from werkzeug.routing import MapAdapter

NAME = "florin_paths"


def path_to(endpoint: str, **values: Any) -> str:
    """Return the path of an endpoint, as `url_for` does within a request."""
    adapter: MapAdapter | None = current_app.extensions.get(NAME)
    if adapter is None:
        adapter = current_app.extensions[NAME] = current_app.url_map.bind("localhost")
    return adapter.build(endpoint, values)
