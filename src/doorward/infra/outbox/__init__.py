"""Facts that stay (events) and work to be done (jobs), both written in the transaction of the change they belong to.

tables, record: how they are written. read: the audit log in pages. backlog: how much work waits. worker: how jobs are claimed, run and tried again.
schedule: work that recurs.
"""
