"""The course of a response: how each score stands to the ones before, and what has been seen since a dose."""

from bisect import insort
from dataclasses import dataclass
from datetime import date

from kap.durability.readings import TOLERANCE, Reading, Scale, between

# One score may be a lucky day or a bad one.
RESPONSES_TO_CONFIRM = 2
EXCURSIONS_ALLOWED = 1


@dataclass(slots=True)
class Response:
    """A course from its first score in response on, as it stands at the latest score."""

    responses: list[Reading]
    """The scores in response."""
    excursions: list[Reading]
    """The scores out of response and at least the mcid above the usual level."""
    run: list[Reading]
    """The scores at relapse level in a row that the course ends with."""
    relapse: tuple[Reading, Reading] | None
    """The first and the confirming score of a relapse that no response has ended."""
    past_relapse: tuple[Reading, Reading] | None
    """The same of the latest relapse that two responses had preceded, ended or not."""
    severity: float
    """Of the latest score."""
    responds: bool
    """Whether the latest score is in response."""
    usual: float | None
    """The median severity of the responses before the latest score; None where it is the first."""

    @property
    def rise(self) -> float:
        """How far the latest score is above the usual level, in points of severity."""
        return 0.0 if self.usual is None else self.severity - self.usual


def follow(readings: list[Reading], scale: Scale, baseline: float) -> Response | None:
    """Set each score against the baseline severity and the median of the responses before it.

    `readings` are the counted ones in order of date. None where no score is in response. The level is the
    median and not the best score, which would make a loss of every ordinary score that follows a lucky one.
    """
    severities = scale.severities(readings)
    response_line = scale.response_severity(baseline) + TOLERANCE
    relapse_line = scale.relapse - TOLERANCE
    smallest_rise = scale.mcid - TOLERANCE

    responses: list[Reading] = []
    excursions: list[Reading] = []
    run: list[Reading] = []
    relapse = past_relapse = None
    ascending: list[float] = []  # the severities of the responses
    median: float | None = None
    usual: float | None = None

    for reading, severity in zip(readings, severities, strict=True):
        usual = median
        if severity <= response_line:
            responses.append(reading)
            insort(ascending, severity)
            half = len(ascending) // 2
            median = (ascending[half] + ascending[~half]) / 2
            run, relapse = [], None
        elif median is not None and severity - median >= smallest_rise:
            excursions.append(reading)
            if severity < relapse_line:
                run = []
                continue
            run.append(reading)
            if relapse is None and (reading.on - run[0].on).days >= scale.confirm_days:
                relapse = (run[0], reading)
                if len(responses) >= RESPONSES_TO_CONFIRM:
                    past_relapse = relapse
        elif run:
            run = []

    if not responses:
        return None
    responds = responses[-1] is readings[-1]
    return Response(responses, excursions, run, relapse, past_relapse, severities[-1], responds, usual)


@dataclass(slots=True)
class Stretch:
    """The counted scores between the last dose and the first gap after it, from the first response on."""

    held_from: date
    """From when response would be held: the last dose, or the first response where that came late."""
    scores: list[Reading]
    responses: list[Reading]
    excursions: list[Reading]
    gap: tuple[date, date] | None
    """The days at the two ends of the gap."""

    @property
    def days(self) -> int:
        """The days up to the last response; 0 where there is none."""
        return (self.responses[-1].on - self.held_from).days if self.responses else 0

    @property
    def held(self) -> tuple[date, date] | None:
        """The days between which response was held; None without a response, or with too many excursions."""
        if not self.responses:
            return None
        last = self.responses[-1].on
        excursions = sum(excursion.on < last for excursion in self.excursions)
        return (self.held_from, last) if excursions <= EXCURSIONS_ALLOWED else None


def stretch_after(last_dose: date, counted_after: list[Reading], response: Response, scale: Scale) -> Stretch:
    """What has been seen since the last dose.

    The first gap is counted from the last dose itself, for response that is said to hold since that day must
    have been seen to. Scores that do not count end no gap, and the time after the last score is none: it is stale.
    """
    until, gap = last_dose, None
    for reading in counted_after:
        if (reading.on - until).days > scale.max_gap_days:
            gap = (until, reading.on)
            break
        until = reading.on

    first = response.responses[0]
    # Scores that came between the dose and the first response of all show that the dose did not begin it.
    held_from = last_dose if first.on <= last_dose or first is counted_after[0] else first.on
    scores = between(last_dose, until, counted_after)
    return Stretch(
        held_from=held_from,
        scores=[reading for reading in scores if reading.on >= first.on],
        responses=between(last_dose, until, response.responses),
        excursions=between(last_dose, until, response.excursions),
        gap=gap,
    )
