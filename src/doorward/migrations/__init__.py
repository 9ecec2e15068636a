"""The schema's history, one for both databases, shipped in the wheel. `doorward migrate` runs it."""
