"""Values that work once: the links and codes in mails. Their secrets are nowhere: a link is the row's id under a MAC.

values: make, read, try and spend them. purge: a job that forgets those that are over.
"""
