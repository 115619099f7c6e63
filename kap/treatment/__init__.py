"""Courses of treatment, and the preparation, dosing and integration sessions in them."""
