"""The buyer's surface: the hosted payment page and the pages around it."""

from flask import Flask

from checkout import (
    assets,
    changes,
    elsewhere,
    embed,
    frames,
    i18n,
    images,
    links,
    mandates,
    more_time,
    receipts,
    returns,
    shapes,
    style,
    testing,
)
from checkout.choices import options
from checkout.pages import blueprint
from payments.hosted.elsewhere import HOSTS


def register(app: Flask) -> None:
    """Mount the pages. Their cookie carries the CSRF token: no script reads it, no other site sends it."""
    secure = app.config["FLORIN"].public_url.startswith("https://")
    app.config.update(
        # Cookies know no ports: under Flask's usual name, a shop on the same machine would overwrite ours.
        SESSION_COOKIE_NAME="florin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
    )
    i18n.register(app)
    app.jinja_env.globals["options"] = options
    if HOSTS:
        app.before_request(elsewhere.intercept)
    assets.register(app)
    frames.register(app)
    shapes.register(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(changes.blueprint)
    app.register_blueprint(more_time.blueprint)
    app.register_blueprint(testing.blueprint)
    app.register_blueprint(returns.blueprint)
    app.register_blueprint(links.blueprint)
    app.register_blueprint(receipts.blueprint)
    app.register_blueprint(mandates.blueprint)
    app.register_blueprint(style.blueprint)
    app.register_blueprint(images.blueprint)
    app.register_blueprint(embed.blueprint)
