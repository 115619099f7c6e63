"""Psychotherapy notes: a therapist's own, apart from the record. Nothing but the app imports this package, so that no
list, search, export, timeline or page of another feature can ever reach one; see docs/decisions/0014.
"""
