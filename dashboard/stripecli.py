"""`stripe login`: the user compares the pairing code and gives the device keys, or leaves it."""

from flask import url_for

from dashboard import confirming, edge, rendering
from dashboard.edge import Body, Onward
from webhooks.cli.logins import KEY_SECONDS, CliLogin

PAIRED = "The device is paired and fetches its keys. They work for 90 days."


@edge.page("/stripecli/<login_id>")
def stripecli_login(login_id: str) -> Body:
    """Show the pairing code and the device that asks for keys."""
    login = CliLogin.of_browser(login_id)
    return rendering.page(
        "stripecli_login",
        login=login,
        days=KEY_SECONDS // 86400,
        asks_password=not confirming.is_recent(),
    )


@edge.action("/stripecli/<login_id>", refused=edge.back_to("stripecli_login", "login_id"))
def confirm_stripecli_login(login_id: str) -> Body:
    """Give the device keys of this account."""
    confirming.require()
    CliLogin.of_browser(login_id).confirm()
    return Onward(url_for("dashboard.keys"), PAIRED)
