"""Doorward: user management that a Python team can read, test and run."""

__version__ = "0.1.0"
