"""The Flask application: pages, probes and metrics over one hub, and what is said when something goes wrong."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, render_template, request
from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden, HTTPException

from core.console.guard import add_headers, refuse_strangers
from core.console.metrics import metrics_blueprint
from core.console.pages import console_blueprint
from core.console.probes import probes_blueprint
from core.errors import ConfigError, InlayError
from core.hub import Hub
from core.report.words import FILTERS, Words


def create_app(hub: Hub) -> Flask:
    """The whole application over an open hub; further blueprints, such as that of webhooks, may be registered."""
    app = Flask("inlay", root_path=".", static_folder=None)
    app.jinja_env.loader = ChoiceLoader([PackageLoader("core.console"), PackageLoader("core.report")])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(firm=hub.config.settings.firm, words=Words(hub.config.settings.firm))
    app.after_request(add_headers)
    for blueprint in (console_blueprint(hub), metrics_blueprint(hub.store)):
        blueprint.before_request(refuse_strangers)
        app.register_blueprint(blueprint)
    every = timedelta(minutes=hub.config.settings.every_minutes)
    app.register_blueprint(probes_blueprint(hub.store, hub.clock, every))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InlayError, _our_error)
    app.register_error_handler(SQLAlchemyError, _store_error)
    return app


def _http_error(error: HTTPException) -> Response:
    code, advice = error.code or 500, error.description or ""
    if code == Forbidden.code or request.blueprint != "console":
        return Response(f"{error.name}. {advice}\n", code, mimetype="text/plain")  # strangers see no firm's name
    return _page(code, error.name, advice)


def _our_error(error: InlayError) -> Response:
    return _page(404 if isinstance(error, ConfigError) else 503, error.what, error.remedy)


def _store_error(_: SQLAlchemyError) -> Response:
    return _page(503, "The store does not answer now", "try again in a moment; `inlay doctor` tells more")


def _page(status: int, title: str, advice: str) -> Response:
    return Response(render_template("error.html", title=title, advice=advice), status, mimetype="text/html")
