"""Geometry of the drawings in templates/charts: pure, from dated scores to rounded coordinates."""
