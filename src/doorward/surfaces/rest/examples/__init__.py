"""An example of every REST operation, written once and shown as curl, Python and TypeScript.

example: what one is. One file for each file of operations, with their examples. render: the three languages. every: all
of them, by operation. Nothing here is imported before somebody asks for the description of the API.
"""
