"""Mail to people: written in the transaction of what it tells, sent by a job.

send: writes a message and queues it. deliver: the job. render: subject, text and HTML in the reader's language.
texts: the words, one file for each language. templates: the one layout. tables, store, settings, feature: roles.
"""
