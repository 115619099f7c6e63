"""What kap costs, as figures to compare with: `make bench`. No test: nothing fails here for being slow."""
