"""Every part of templates/_parts on one page, for whoever works on the pages; registered in debug and in tests only."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FormField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from kap.access import gate
from kap.access.roles import Permission
from kap.charts.sparkline import sparkline
from kap.charts.trajectory import NARROW, WIDE, Band, Frame, Held, Line, Marker, Point, Trajectory, trajectory
from kap.core import clock
from kap.core.db import new_id
from kap.treatment.drafts import Drafted
from kap.treatment.fields import Rows, Ticks
from kap.treatment.forms.sessions import ReadingRow
from kap.treatment.models import Draft, Route, Status
from kap.web import forms
from kap.web.numbers import Amount

bp = Blueprint("parts", __name__)

BEGIN = date(2026, 1, 5)
SCORES = (21, 19, 20, 14, 11, 9, 8, 7, 9, 8)
ANSWERS = ("Not at all", "Several days", "More than half the days", "Nearly every day")


def _choices(*labels: str) -> list[SelectChoice]:
    return [SelectChoice(value=str(place), label=label) for place, label in enumerate(labels)]


class ExampleForm(forms.Form):
    """A field of each kind."""

    code: Any = forms.Line("Code", required=True, most=40)
    day: Any = forms.Day("Date", required=True, also=[forms.NotInFuture()])
    starts_at: Any = forms.Moment("Start", required=True)
    dose: Any = Amount("Dose")
    weight: Any = Amount("Weight")
    route: Any = SelectField("Route", choices=_choices(*(route.label for route in Route)))
    status: Any = RadioField("Status", choices=_choices(*(status.label for status in Status)))
    answer: Any = RadioField("Little interest or pleasure in doing things", choices=_choices(*ANSWERS))
    mood: Any = RadioField("Mood today", choices=_choices(*map(str, range(11))))
    team: Any = Ticks("Team")
    consent: Any = BooleanField("The patient agrees to the e-mail")
    narrative: Any = forms.Text("Narrative")
    readings: Any = Rows(FormField(ReadingRow), "Vital signs", min_entries=2, max_entries=5)


@bp.route("/_parts", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    """The parts, in the order in which a page is made of them."""
    gate.require(Permission.ACCOUNT_OWN)
    form = ExampleForm()
    form.team.choices = [SelectChoice(value=new_id(), label=name) for name in ("Ines Calloway", "Robert Vance")]
    if form.validate_on_submit():
        flash("The form was in order. This is an example, so nothing was kept: change something and send it again.")
        return redirect(url_for(".show"))
    wrong = ExampleForm(
        MultiDict({"wrong-day": "2150-01-01", "wrong-dose": "a lot"}), prefix="wrong-", meta={"csrf": False}
    )
    wrong.validate()
    return render_template(
        "home/parts.html",
        form=form,
        wrong=wrong,
        draft=Drafted(url_for(".show"), Draft(saved_at=clock.now())),
        wide=_chart(WIDE),
        narrow=_chart(NARROW),
        spark=sparkline(_points(), minimum=0, maximum=27, label="PHQ-9: 10 scores, the latest 8"),
    )


def _points() -> list[Point]:
    days = (BEGIN + timedelta(weeks=week) for week in range(len(SCORES)))
    return [Point(on, score, f"{on.day} {on:%B %Y}: {score}") for on, score in zip(days, SCORES, strict=True)]


def _chart(frame: Frame) -> Trajectory:
    dosed = BEGIN + timedelta(days=15)
    return trajectory(
        _points(),
        minimum=0,
        maximum=27,
        bands=[Band(0, 4, "Minimal"), Band(5, 9, "Mild"), Band(10, 14, "Moderate"), Band(15, 27, "Severe")],
        lines=[Line(10.5, "Response 10.5", "response"), Line(4, "Remission 4", "remission")],
        markers=[
            Marker(BEGIN, "preparation", "", "Preparation session"),
            Marker(dosed, "dosing", "1", "Dosing session 1, 50 mg"),
            Marker(dosed + timedelta(days=2), "integration", "", "Integration session"),
        ],
        held=Held(BEGIN + timedelta(weeks=5), BEGIN + timedelta(weeks=9), "In response, 4 weeks"),
        start=BEGIN,
        end=BEGIN + timedelta(weeks=9),
        frame=frame,
        title="PHQ-9 over time",
        description="10 scores of PHQ-9 from 5 January 2026 to 9 March 2026, with 3 sessions.",
    )
