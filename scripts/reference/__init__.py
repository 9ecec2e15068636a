"""Writes docs/reference from the code that it describes.

classes: the pages of settings, problems, events, permissions, commands and metrics. operations: those of the REST API, with
examples (see doorward.surfaces.rest.examples). members: how JSON schemas are told in tables. __main__: writes or checks them.
"""
