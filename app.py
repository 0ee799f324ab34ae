"""Composition root: config, database, acquirers, subscribers, blueprints."""

import atexit
from pathlib import Path

import orjson
from flask import Flask, Request, Response, jsonify, redirect, request, url_for
from flask.globals import _cv_app, app_ctx
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as WerkzeugResponse

import acquiring
import checkout
import cli
import dashboard
import mailing
import merchant_api
import paying
import settling
import static_files
import sweeps
from checkout.short_way import answer as first_look
from config import Settings, load
from kit import database, jobs, plain_text
from kit.admission import Admission
from kit.page_headers import FILE_HEADERS, transport_headers
from kit.sealing import Sealer
from merchant_api import openapi, rate_limit, versions
from merchant_api.crud import OPERATIONS
from merchant_api.short_way import Gateway
from payments import audit_spool, notices, vault
from payments.charging import follow_authorization, follow_card, follow_dispute, follow_refund, tries
from payments.hosted import addresses
from webhooks import bank_notices, reach, rendering
from webhooks import jobs as webhook_jobs
from webhooks.cli import jobs as stripecli_jobs

MAXIMUM_BODY_BYTES = 256 * 1024
FILES = ("static", "static_plain")  # the endpoints of static_files.py
JOBS_END_SECONDS = 2.0

# What becomes of each kind of notice; what is not listed is taken in and forgotten.
NOTICE_HANDLERS = {
    "authorization.updated": follow_authorization.follow,
    "card.updated": follow_card.follow,
    "dispute.updated": follow_dispute.follow,
    "fraud_warning.created": follow_dispute.follow_warning,
    "refund.updated": follow_refund.follow,
    "settlement.closed": settling.on_closed,
    "payout.updated": paying.on_updated,
}


def create_app(settings: Settings | None = None) -> Flask:
    """Return the gateway's WSGI app, wired for these settings."""
    settings = settings or load()
    house = Path(__file__).parent
    app = Gateway("florin", root_path=str(house), static_folder=None)
    app.url_map.merge_slashes = False  # an empty id is told, not redirected past
    app.jinja_options = {**app.jinja_options, "finalize": plain_text.shown}
    files = static_files.register(app, house / "static")
    app.admission = Admission(settings.web_places)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(
            settings.database_url, pool_size=settings.pool_size
        ),
        MAX_CONTENT_LENGTH=MAXIMUM_BODY_BYTES,
        FLORIN=settings,
    )
    app.session_interface = SessionsOfPages()
    database.scope_sessions(_present_context)
    database.db.init_app(app)
    with app.app_context():
        database.prepare_engine(database.db.engine)
    vault.configure(settings.vault_keys, settings.fingerprint_key)
    addresses.configure(settings.public_url)
    tries.configure(settings.attempt_limits, settings.declines_per_range)
    reach.configure(settings.webhook_test_reach)
    rendering.bridges[:] = [versions.downgrade]
    acquiring.connect(settings)
    cli.register(app)
    app.extensions[rate_limit.NAME] = rate_limit.RateLimiter(settings.rate_limit_per_second)
    merchant_api.register(app)
    checkout.register(app)
    app.short_ways = (files, first_look)
    dashboard.register(app)
    notices.HANDLERS.update(NOTICE_HANDLERS)
    bank_notices.connect(app, acquiring.bank_secrets(settings))
    acquiring.hear_stripe(app, settings)
    mailing.connect(app, settings)
    _register_own(app, settings)
    _start_jobs(app, settings)
    _start_spool(app, settings)
    if settings.trusted_proxies:
        # The client's address alone: each address that we build comes from PUBLIC_URL, whatever headers say.
        forwarded = ProxyFix(
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
        app.wsgi_app = forwarded  # type: ignore[method-assign]  # Flask's own way to wrap an app
    return app


def _present_context() -> int:
    """Name the app context that is present; raises RuntimeError as Flask does where there is none."""
    return id(_cv_app.get(None) or app_ctx._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


class SessionsOfPages(SecureCookieSessionInterface):
    """Flask's signed sessions, at no cost for requests that bring no cookie, as those of the API."""

    def __init__(self) -> None:
        self._sealers: dict[tuple[str | bytes, ...], Sealer] = {}

    def get_signing_serializer(self, app: Flask) -> Sealer | None:
        """Return the serializer of the app's secrets, which is kept; the newest secret is the last."""
        if not app.secret_key:
            return None
        keys = (*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key)
        if keys not in self._sealers:
            signing = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
            self._sealers[keys] = Sealer(
                list(keys), salt=self.salt, serializer=self.serializer, signer_kwargs=signing
            )
        return self._sealers[keys]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the cookie's session, an empty one where there is no cookie."""
        # Without looking for the session's own name: reading cookies apart costs more than an empty header.
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie, unless there is nothing in it and nobody has so much as looked."""
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)


def _register_own(app: Flask, settings: Settings) -> None:
    guards = transport_headers(settings.public_url)
    document = orjson.dumps(openapi.document(OPERATIONS))

    @app.after_request
    def guard(response: Response) -> Response:
        for name, value in ({**guards, **FILE_HEADERS} if request.endpoint in FILES else guards).items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/")
    def front_door() -> WerkzeugResponse:
        return redirect(url_for("dashboard.overview"))

    @app.get("/openapi.json")
    def openapi_document() -> Response:
        return Response(document, content_type="application/json")

    @app.get("/health")
    def health() -> Response:
        database.db.session.execute(text("SELECT 1"))
        return jsonify(status="ok")


def _start_spool(app: Flask, settings: Settings) -> None:
    spool = None
    if settings.spool_queries:
        spool = audit_spool.AuditSpool(settings.data_dir / "audit_spool", app.app_context)
        spool.start()
        atexit.register(spool.stop)
    audit_spool.use(spool)


def _start_jobs(app: Flask, settings: Settings) -> None:
    running = jobs.Jobs(
        settings.redis_url,
        around=app.app_context,
        sweeps=(
            *sweeps.SWEEPS,
            *webhook_jobs.SWEEPS,
            *stripecli_jobs.SWEEPS,
            *bank_notices.SWEEPS,
            *settling.SWEEPS,
            *paying.SWEEPS,
            *mailing.SWEEPS,
        ),
    )
    webhook_jobs.connect(running)
    stripecli_jobs.connect()
    jobs.use(running)
    app.extensions["florin_jobs"] = running
    if settings.run_jobs_here:
        running.start()
        # What a job is at ends with a commit or not at all; a server that ends does not wait for long.
        atexit.register(running.stop, wait_seconds=JOBS_END_SECONDS)
