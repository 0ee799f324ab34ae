"""The one error that reading a request's parameters may raise, shaped like Stripe's error object."""

Location = tuple[str | int, ...]


class ParamError(Exception):
    """A parameter that cannot be accepted; the API's edge renders it as a 400 `invalid_request_error`.

    `param` is named the way the client wrote it, in bracket form: `line_items[0][quantity]`.
    `code` is one of Stripe's published error codes, or None where Stripe sends none.
    """

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


def bracketed(location: Location) -> str:
    """The name of a parameter as clients write it: ("a", 0, "b") -> `a[0][b]`."""
    return str(location[0]) + "".join(f"[{segment}]" for segment in location[1:]) if location else ""
