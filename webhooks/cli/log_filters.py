"""What `stripe logs tail` wants to see: its filters, as the CLI sends them."""

from dataclasses import dataclass, fields
from typing import Any, Self

import orjson

from payments.errors import InvalidRequest

MAXIMUM_VALUES = 50
MAXIMUM_LENGTH = 500
API = "API"


@dataclass(frozen=True, slots=True)
class LogFilters:
    """Each field lets everything pass where it is empty. Paths match whole; a type is `4XX` or `400`.

    `filter_account` is of Connect, which Florin has not: the CLI is told so, and it is never applied.
    """

    filter_account: tuple[str, ...] = ()
    filter_ip_address: tuple[str, ...] = ()
    filter_http_method: tuple[str, ...] = ()
    filter_request_path: tuple[str, ...] = ()
    filter_request_status: tuple[str, ...] = ()
    filter_source: tuple[str, ...] = ()
    filter_status_code: tuple[str, ...] = ()
    filter_status_code_type: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> Self:
        """Return the filters of a session; raises InvalidRequest for what the CLI never sends."""
        if not text:
            return cls()
        try:
            given = orjson.loads(text)
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise InvalidRequest("`filters` must be a JSON object.", param="filters")
        return cls(**{name: _words(name, value) for name, value in given.items() if name in _names()})

    def as_json(self) -> dict[str, Any]:
        """Return the filters that are set, as they are kept."""
        return {name: list(getattr(self, name)) for name in _names() if getattr(self, name)}

    def let_pass(self, *, method: str, path: str, status: int, address: str | None) -> bool:
        """Tell whether a request of the API is one that was asked for."""
        outcome = "SUCCEEDED" if status < 400 else "FAILED"
        wanted = (
            (self.filter_ip_address, (address or "",)),
            (self.filter_http_method, (method,)),
            (self.filter_request_path, (path,)),
            (self.filter_request_status, (outcome,)),
            (self.filter_source, (API,)),
            (self.filter_status_code, (str(status),)),
            # The CLI takes `4XX` from its user and sends `400`.
            (self.filter_status_code_type, (f"{status // 100}00", f"{status // 100}XX")),
        )
        return all(not names or _upper(names) & _upper(known) for names, known in wanted)


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(LogFilters))


def _upper(words: tuple[str, ...]) -> set[str]:
    return {word.upper() for word in words}


def _words(name: str, value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    words = tuple(str(word) for word in listed if isinstance(word, str | int))
    if len(words) != len(listed) or len(words) > MAXIMUM_VALUES or not all(map(_is_word, words)):
        raise InvalidRequest(f"Invalid `{name}` in `filters`.", param="filters")
    return words


def _is_word(word: str) -> bool:
    return len(word) <= MAXIMUM_LENGTH and word.isprintable()  # PostgreSQL has no place for a NUL
