"""What a person sees when something cannot be done: what happened, what to do next, and what they typed."""

from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from kap.core.db import Base, db
from kap.core.refusal import Refused, Stale
from kap.web.filters import written
from kap.web.forms import form_key

NOT_ASKED = ("csrf_token", "version", "form_key")
"""The fields of a form that nobody sees."""


def start_errors(app: Flask) -> None:
    """Answer every failure with a page."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Stale, _stale)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _failed)
    app.log_exception = _log  # type: ignore[assignment, method-assign]


def _refused(refused: Refused) -> ResponseReturnValue:
    db.session.rollback()
    return _page(409, "This could not be done", refused.sentence), 409


def _stale(stale: Any) -> ResponseReturnValue:
    """Show what was typed beside what is in the record now; nothing is thrown away."""
    db.session.rollback()
    current = getattr(stale, "current", None)
    form = g.get("form")
    if current is None or form is None:
        return render_template("errors/409.html", texts=long_texts()), 409
    if isinstance(current, Base):
        db.session.refresh(current)
    row = form.taken_from(current)
    stored = type(form)(formdata=None, obj=row)
    # A field that is no attribute of the row only asks whether to save it.
    asked = [name for name in form._fields if name not in NOT_ASKED and hasattr(row, name)]
    if not asked:
        flash("It was changed in the meantime, and nothing was done. Please look at it as it is now.", "warning")
        return redirect(request.full_path)
    rows = [
        (form[name].label.text, _told(form[name], form[name].data), _told(form[name], stored[name].data))
        for name in asked
        if _blank_as_none(form[name].data) != _blank_as_none(stored[name].data)
    ]
    if not rows:
        flash("This was saved already: what you sent is what stands in the record.", "info")
        return redirect(request.full_path)
    fields = _typed()
    return render_template("errors/409.html", rows=rows, fields=fields, version=current.version, back=request.path), 409


def _expired_form(error: CSRFError) -> ResponseReturnValue:
    return render_template("errors/400.html", typed=_typed_by_name()), 400


def _unavailable(error: OperationalError) -> ResponseReturnValue:
    db.session.rollback()
    return _plain("errors/503.html", fields=_typed()), 503, {"Retry-After": "5"}


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):
        # The address names a host that is not ours: no link on a page could be made for it.
        return "This address is not served here.\n", code, {"Content-Type": "text/plain"}
    if code in (401, 403, 404, 413, 500):
        # Whoever may no longer send it gets back what they wrote, and nothing else. A body too large cannot be read.
        typed = () if code == 413 else _typed_by_name()
        return render_template(f"errors/{code}.html", typed=typed), code
    return _page(code, error.name, "Please go back and try again."), code


def _failed(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    return _plain("errors/500.html", fields=_typed()), 500


def _log(failure: Any) -> None:
    """What failed and on which page, without its address: that may be a link which still works."""
    current_app.logger.error("Exception in %s [%s]", request.endpoint, request.method, exc_info=failure)


def _page(code: int, title: str, text: str) -> str:
    return render_template("errors/page.html", code=code, title=title, text=text)


def _plain(template: str, **values: Any) -> str:
    """A page that asks neither who is signed in nor the database: what failed may fail again."""
    return current_app.jinja_env.get_template(template).render(synthetic=g.get("synthetic"), **values)


def _blank_as_none(data: Any) -> Any:
    """An empty line is no value, and nothing ticked is none, whichever way it comes."""
    return None if data in ("", []) else data


def _told(field: Any, data: Any) -> Any:
    """What a field holds, in words."""
    if data in (None, "", []):
        return "–"
    if isinstance(data, date):
        return f"{written(data)}, {data:%H:%M}" if isinstance(data, datetime) else written(data)
    if not hasattr(field, "iter_choices"):
        return data
    words = {choice.value: choice.label for choice in field.iter_choices()}
    return ", ".join(str(words.get(one, one)) for one in (data if isinstance(data, list) else [data]))


def long_texts() -> list[str]:
    """What was sent and nobody wants to write again."""
    return [text for _, text in _typed() if len(text) > 20 and not _is_key(text)]


def _typed_by_name() -> list[tuple[str, str]]:
    """All that was typed, by the names of the fields made legible; without the keys of what was chosen."""
    return [(name.replace("_", " ").replace("-", " "), text) for name, text in _typed() if text and not _is_key(text)]


def _is_key(text: str) -> bool:
    return form_key(text) is not None


def _typed() -> list[tuple[str, str]]:
    """What was sent, to be sent again: without the token, the version, and any password or whose it is."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "version", "username") and "password" not in name
    ]
