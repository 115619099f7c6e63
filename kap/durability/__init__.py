"""Is the change lasting? Dated scores and doses in, one of nine states with its evidence out. Pure."""

from kap.durability.readings import Reading, Scale
from kap.durability.verdict import State, Verdict, assess

__all__ = ["Reading", "Scale", "State", "Verdict", "assess"]
