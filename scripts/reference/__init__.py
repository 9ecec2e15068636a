"""Writes docs/reference from the code that it describes.

classes: the pages of settings, events, permissions, commands and metrics. problems: that of the problems. operations: those of
the REST API, with examples (see doorward.surfaces.rest.examples). __main__: writes or checks them.
"""
