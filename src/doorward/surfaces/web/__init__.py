"""Pages for people, drawn on the server and whole without JavaScript.

setup: makes the first administrator. templates: what they look like.
"""
