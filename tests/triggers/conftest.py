"""What `stripe trigger` sends, as the CLI 1.52.0 sends it: forms without a version, one after another."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.buyer import Till
from tests.support.factories import create_merchant

Call = tuple[str, str, dict[str, Any]]  # method, path, parameters; "{0}" is the id of the first answer


@pytest.fixture
def till(app: Flask) -> Till:
    return Till(app, create_merchant(app)[1])


def new_events(till: Till, act: Callable[[], None]) -> list[str]:
    """The types of the events that something is followed by, oldest first."""
    before = {event["id"] for event in till.get("/v1/events?limit=100")["data"]}
    act()
    after = till.get("/v1/events?limit=100")["data"]
    return [event["type"] for event in after[::-1] if event["id"] not in before]


def played(till: Till, calls: list[Call]) -> list[dict[str, Any]]:
    """Make the calls, each of which may name the ids of answers before it; return the answers."""
    answers: list[dict[str, Any]] = []

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.format(*(answer["id"] for answer in answers))
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    for method, template, params in calls:
        path = filled(template)
        if method == "POST":
            answers.append(till.post(path, filled(params)))
        else:
            response = till.client.open(path, method=method, headers=till.headers)
            assert response.status_code == 200, response.get_data(as_text=True)
            answers.append(response.get_json())
    return answers
