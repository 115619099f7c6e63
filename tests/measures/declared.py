"""A measure as a clinic declares it: the totals of an older scale, with thresholds of its own."""

BDI = """
name = "BDI"
minimum = 0
maximum = 63
higher_is_worse = true
case = 14
remission = 13
reliable_change = 9
mcid = 5
relapse = 20
response_fraction = 0.5
settle_days = 7
"""
