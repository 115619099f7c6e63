"""Is the change lasting? The record, gathered for the verdict and the chart."""
