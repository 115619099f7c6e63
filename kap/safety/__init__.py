"""Alerts that a person must see."""
