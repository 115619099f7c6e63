"""The instruments that kap ships, and the measures that a clinic declares beside them."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from kap.measures.instruments.definition import Band, Instrument, Item, Option, read_shipped
from kap.measures.instruments.scores_only import BadMeasure, read_declared

__all__ = [
    "BadMeasure",
    "Band",
    "Catalogue",
    "Instrument",
    "Item",
    "Option",
    "UnknownInstrument",
    "declared",
    "instrument",
    "shipped",
]

SHIPPED = ("phq-9", "gad-7", "pcl-5", "peg", "mood", "ocd", "reflection")


class UnknownInstrument(LookupError):
    """No instrument has this id."""

    def __init__(self, instrument_id: str, known: Mapping[str, Instrument]) -> None:
        super().__init__(f"There is no measure {instrument_id!r}; there are {', '.join(known)}.")
        self.instrument_id = instrument_id


@cache
def shipped() -> tuple[Instrument, ...]:
    """The instruments that come with kap, in the order in which they are offered."""
    return tuple(read_shipped(instrument_id) for instrument_id in SHIPPED)


def instrument(instrument_id: str) -> Instrument:
    """The shipped instrument with this id; UnknownInstrument where there is none."""
    return Catalogue().get(instrument_id)


def declared(folder: Path) -> dict[str, Instrument]:
    """The measures that the clinic declares in `measures/<id>.toml` of its instance folder, by id.

    Each is known by its scores only. Raises BadMeasure with the file and the field.
    """
    measures = {}
    for path in sorted((folder / "measures").glob("*.toml")):
        if path.stem in SHIPPED:
            raise BadMeasure(path, None, f"{path.stem} is shipped with kap; choose another name for the file.")
        measures[path.stem] = read_declared(path)
    return measures


class Catalogue:
    """Every measure that a clinic can use: those shipped, then those it declares."""

    def __init__(self, measures: Mapping[str, Instrument] | None = None) -> None:
        self._measures = {known.id: known for known in shipped()} | dict(measures or {})

    @classmethod
    def read(cls, folder: Path) -> "Catalogue":
        """The catalogue of the clinic whose instance folder this is; raises BadMeasure."""
        return cls(declared(folder))

    def get(self, instrument_id: str) -> Instrument:
        """The measure with this id; UnknownInstrument where there is none."""
        try:
            return self._measures[instrument_id]
        except KeyError:
            raise UnknownInstrument(instrument_id, self._measures) from None

    def __contains__(self, instrument_id: object) -> bool:
        return instrument_id in self._measures

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._measures.values())

    def __len__(self) -> int:
        return len(self._measures)
