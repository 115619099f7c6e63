"""The drug log: what came, where it lies, what was drawn, given and wasted, and who saw it."""
