"""What the process tells its operator: logs (one line per happening) and counters (Prometheus).

logs: setting up and writing. output: writing without ever waiting for the reader. redaction: what never gets there.
counters: what requests cost. settings: the section `log`.
"""
