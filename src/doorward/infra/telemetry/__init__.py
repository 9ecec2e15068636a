"""What the process tells its operator: logs (one line per happening) and counters (Prometheus).

logs: setting up and writing. output: writing without ever waiting for the reader. redaction: what never gets there.
figures: plain numbers, counted on the way. metrics: the list of all that is shown. counters: carries the one over into the
other. gauges: what the parts below the domain are doing. settings: the sections `log` and `metrics`.
"""
