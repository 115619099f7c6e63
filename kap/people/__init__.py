"""The clinic, who works and is treated in it, and how they come in."""
