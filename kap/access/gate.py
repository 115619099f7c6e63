"""The gate: every page is shut until a view, or the loader it calls, asks for a permission by name.

Whoever adds a page and forgets to ask gets a refusal, not a leak.
"""

from typing import Any

from flask import Flask, Response, abort, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from kap.access.roles import Permission, granted

PUBLIC = frozenset(
    {
        "static",
        "home.crisis",
        "home.health",
        "people.confirm_address",
        "people.forgotten",
        "people.join",
        "people.reset",
        "security.login",
        "security.logout",
    }
)
"""The endpoints that answer without sign-in; everything else wants a person and a permission."""


def start_gate(app: Flask) -> None:
    """Shut every page of the app that is not public."""
    app.before_request(_admit)
    app.after_request(_refuse_unasked)


def require(permission: Permission) -> None:
    """Open the page for holders of `permission`; 403 for anybody else."""
    answer(permission, granted(current_user.roles))


def answer(permission: Permission, held: frozenset[Permission]) -> None:
    """Note that `permission` was asked for, and end the request with 403 unless it is among those `held`."""
    g.asked = True
    if permission not in held:
        abort(403)


def asked() -> bool:
    """True where this request has asked for a permission, or needs none."""
    return bool(g.get("asked")) or request.endpoint in PUBLIC


def _admit() -> Any:
    if request.endpoint is None or request.endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        if request.method == "POST":
            # Whoever was signed out while writing gets back what they wrote.
            abort(401)
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    return None


def _refuse_unasked(response: Response) -> Response:
    if request.endpoint is not None and not asked() and response.status_code < 400 and current_user.is_authenticated:
        current_app.logger.error("The page %s answered without asking for a permission.", request.endpoint)
        response.close()
        # After the view nobody turns an exception into its page.
        return current_app.make_response(current_app.handle_user_exception(Forbidden()))
    return response
