"""Histories for the tests of the verdict, with days counted from the first dose, and the scales they are on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from kap.durability import Reading, Scale, Verdict, assess

# minimum, maximum, higher is worse, case, remission, reliable change, mcid, relapse, response fraction, settle days
PHQ9 = Scale(0, 27, True, 10, 4, 6, 5, 10, 0.5, 7)
GAD7 = Scale(0, 21, True, 10, 4, 6, 4, 10, 0.5, 7)
PCL5 = Scale(0, 80, True, 31, 28, 15, 10, 31, 0, 15)
PEG = Scale(0, 10, True, 4, 1, 3, 1, 4, 0.3, 4)
WHO5 = Scale(0, 100, False, 50, 49, 10, 10, 50, 0, 7)
SCALES = {"PHQ-9": PHQ9, "GAD-7": GAD7, "PCL-5": PCL5, "PEG": PEG, "WHO-5": WHO5}

ZERO = date(2024, 1, 15)


def day(number: int) -> date:
    """The date that is so many days after the first dose of the written histories."""
    return ZERO + timedelta(days=number)


def readings(written: str) -> list[Reading]:
    """Readings from `day:score day:score`, in the order written."""
    pairs = (entry.split(":") for entry in written.split())
    return [Reading(day(int(number)), float(score)) for number, score in pairs]


def verdict(written: str, doses: Iterable[int], as_of: int, scale: Scale = PHQ9) -> Verdict:
    """The verdict on a written history."""
    return assess(readings(written), [day(number) for number in doses], as_of=day(as_of), scale=scale)


@dataclass(frozen=True)
class History:
    """All that a verdict is made from."""

    readings: list[Reading]
    doses: list[date]
    as_of: date
    scale: Scale


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Readings in any order of entry, doses, a day of judgement and a scale: most reach past the first checks."""
    scale = draw(st.sampled_from(list(SCALES.values())))
    points = st.integers(0, 30).map(lambda thirds: thirds / 3) if scale is PEG else st.integers(0, int(scale.maximum))
    days = st.integers(-40, 160)
    # A weighted choice: good scores are what most of the rules are about.
    good = points.filter(lambda score: scale.severity(score) <= scale.case)
    entries = draw(st.lists(st.tuples(days, points | good), max_size=25))
    if draw(st.integers(0, 9)):
        bad = points.filter(lambda score: scale.severity(score) >= scale.case)
        entries.append((draw(st.integers(-28, 0)), draw(bad)))
    doses = draw(st.lists(st.integers(0, 90), max_size=5))
    if draw(st.integers(0, 9)):
        doses.append(0)
    as_of = draw(st.integers(0, 220))
    readings = [Reading(day(on), score) for on, score in entries]
    return History(readings, [day(on) for on in doses], day(as_of), scale)
