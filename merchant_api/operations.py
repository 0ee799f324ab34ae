"""What an operation of the API is: its method, path, parameters and the noun it answers with."""

from dataclasses import dataclass
from typing import Literal

from kit.params import Params


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the router, the edge and the OpenAPI document read it."""

    method: Literal["GET", "POST", "DELETE"]
    path: str  # with {name} for path arguments
    params: Params
    noun_name: str  # the SDK's object name, as `checkout.session`; a list is `list:refund`
    verb: str  # create, retrieve, update, list, delete, confirm, ...
    summary: str
    body: Literal["form", "json"] = "form"
    publishable: bool = False  # a publishable key may call it too
    records: bool = False  # a GET that asks a bank first, and writes down what it tells
    tells_secret: bool = False  # what it answers is kept for a repeat under its key, but never in the clear
