"""The headers of every page a merchant sees: nothing cached, nothing framed, nothing from elsewhere."""

from flask import Response

from kit.page_headers import PAGE_HEADERS, content_security_policy

# No script at all: the dashboard works without one.
HEADERS = PAGE_HEADERS | {"Content-Security-Policy": content_security_policy()}


def protect(response: Response) -> Response:
    """Set the page's headers."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
