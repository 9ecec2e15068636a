"""The ways to prove who you are: one folder each, none knowing another."""
