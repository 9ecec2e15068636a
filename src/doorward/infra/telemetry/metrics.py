"""Every metric: its name, what it counts and by which labels. The reference page and the dashboards' test read this list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from doorward.infra.telemetry.figures import BOUNDS, FINE_BOUNDS

# How the figures of several server processes become one.
Together = Literal["livesum", "livemax", "livemin", "livemostrecent"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric. name: as Prometheus knows it, a counter's with `_total`. together: for gauges."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = BOUNDS
    together: Together = "livesum"


REQUESTS: Final = Measure(
    "doorward_http_requests_total",
    "counter",
    "Requests answered, by route template and status; 499 when the client had gone.",
    ("method", "route", "status"),
)
REQUEST_SECONDS: Final = Measure(
    "doorward_http_request_duration_seconds",
    "histogram",
    "Time from a request's arrival until its answer was sent.",
    ("method", "route", "status_class"),
)
IN_FLIGHT: Final = Measure("doorward_http_requests_in_flight", "gauge", "Requests being answered.")
PROBLEMS: Final = Measure(
    "doorward_problems_total",
    "counter",
    "Refusals and failures answered, by the problem's code: rate limits, lockouts, conflicts and the rest.",
    ("code",),
)
EVENTS: Final = Measure(
    "doorward_events_total",
    "counter",
    "Committed events by type. Sign-ins carry how (`method`) and refusals why (`reason`); otherwise these are empty.",
    ("type", "method", "reason"),
)
SIGN_IN_STEPS: Final = Measure(
    "doorward_sign_in_steps_total",
    "counter",
    "How far sign-ins come, by `aim` (`sign-in`, `step-up`), `step` (`begun`, `asked` for more after a right answer, "
    "`complete`, `refused`) and the `method` answered, if one was."
    " A sign-up that signs in begins a sign-in then.",
    ("aim", "step", "method"),
)
HASH_SECONDS: Final = Measure(
    "doorward_hashing_duration_seconds", "histogram", "Time to compute one password hash, without waiting for its turn."
)
HASHES_REFUSED: Final = Measure(
    "doorward_hashing_refused_total", "counter", "Hashes refused because the queue was full; answered with 503."
)
HASHES_WAITING: Final = Measure("doorward_hashing_waiting", "gauge", "Hashes that wait for a free thread.")
HASHES_RUNNING: Final = Measure("doorward_hashing_running", "gauge", "Hashes being computed.")
CONNECTIONS: Final = Measure(
    "doorward_database_connections", "gauge", "Database connections, by state: `in_use` or `idle`.", ("state",)
)
CONNECTIONS_MOST: Final = Measure(
    "doorward_database_connections_max",
    "gauge",
    "The most connections that the process may open (`DOORWARD_DATABASE__POOL_SIZE`); on SQLite its one writer.",
)
CONNECTIONS_WAITED_FOR: Final = Measure(
    "doorward_database_connections_waiting", "gauge", "Requests that wait for a database connection."
)
CHECKOUT_SECONDS: Final = Measure(
    "doorward_database_checkout_wait_seconds",
    "histogram",
    "Time that a request waited for a database connection; whoever got one at once is not in it.",
    bounds=FINE_BOUNDS,
)
STATEMENT_SECONDS: Final = Measure(
    "doorward_database_statement_duration_seconds",
    "histogram",
    "Time of one statement, with what it waited for a connection.",
    bounds=FINE_BOUNDS,
)
DATABASE_ERRORS: Final = Measure(
    "doorward_database_errors_total",
    "counter",
    "Statements and transactions that failed, by the problem's code; not those refused by a unique index.",
    ("code",),
)
DATABASE_UP: Final = Measure(
    "doorward_database_up", "gauge", "1 when the database answered at the last look, else 0.", together="livemin"
)
REPLICA_READS: Final = Measure(
    "doorward_database_replica_reads_total",
    "counter",
    "Statements that a read replica may answer, by the server that did: `replica`, or `primary` while that one is away or behind.",
    ("server",),
)
REPLICA_LAG: Final = Measure(
    "doorward_database_replica_lag_seconds",
    "gauge",
    "By how much the read replica was behind at most when it was last looked at; infinite when it is away.",
    together="livemax",
)
JOBS: Final = Measure(
    "doorward_jobs",
    "gauge",
    "Jobs in the database, by state: `due`, `scheduled` for later, `running`, `dead`. The same from every process.",
    ("state",),
    together="livemostrecent",
)
JOBS_OLDEST: Final = Measure(
    "doorward_jobs_oldest_due_seconds",
    "gauge",
    "For how long the oldest due job has been waiting. The same from every process.",
    together="livemostrecent",
)
JOB_SECONDS: Final = Measure(
    "doorward_job_duration_seconds",
    "histogram",
    "Time of one run of a job, by kind and result: `done`, `failed` (tried again), `dead` (given up) or `lost`.",
    ("kind", "result"),
)
CACHE_LOOKUPS: Final = Measure(
    "doorward_cache_lookups_total",
    "counter",
    "Questions answered from memory (`hit`) or not (`miss`), by what is kept there: `signing_keys`, read from the database "
    "anew every few seconds; `user_agents`, names of devices; `client_networks`, what is counted as one client; "
    "`trusted_proxies`.",
    ("cache", "result"),
)
LOG_DROPPED: Final = Measure(
    "doorward_log_lines_dropped_total",
    "counter",
    "Log lines that could not be written: the reader or the disk was full.",
)
LOOP_LAG: Final = Measure(
    "doorward_event_loop_lag_seconds",
    "gauge",
    "By how much the event loop was late at its last tick; everything waits that long.",
    together="livemax",
)
BUILD: Final = Measure(
    "doorward_build_info",
    "gauge",
    "Always 1; the labels say what runs.",
    ("version", "python", "database"),
    together="livemax",
)
PROCESS_CPU: Final = Measure("process_cpu_seconds_total", "counter", "Processor time used, user and system.")
PROCESS_MEMORY: Final = Measure("process_resident_memory_bytes", "gauge", "Memory in use.")
PROCESS_VIRTUAL: Final = Measure("process_virtual_memory_bytes", "gauge", "Address space in use.")
PROCESS_FILES: Final = Measure("process_open_fds", "gauge", "Open files and sockets.")
PROCESS_FILES_MOST: Final = Measure(
    "process_max_fds", "gauge", "The most open files and sockets that one process may have.", together="livemin"
)
PROCESS_START: Final = Measure(
    "process_start_time_seconds", "gauge", "When the oldest process started, as Unix time.", together="livemin"
)

MEASURES: Final = (
    REQUESTS,
    REQUEST_SECONDS,
    IN_FLIGHT,
    PROBLEMS,
    EVENTS,
    SIGN_IN_STEPS,
    HASH_SECONDS,
    HASHES_REFUSED,
    HASHES_WAITING,
    HASHES_RUNNING,
    CONNECTIONS,
    CONNECTIONS_MOST,
    CONNECTIONS_WAITED_FOR,
    CHECKOUT_SECONDS,
    STATEMENT_SECONDS,
    DATABASE_ERRORS,
    DATABASE_UP,
    REPLICA_READS,
    REPLICA_LAG,
    JOBS,
    JOBS_OLDEST,
    JOB_SECONDS,
    CACHE_LOOKUPS,
    LOG_DROPPED,
    LOOP_LAG,
    BUILD,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_VIRTUAL,
    PROCESS_FILES,
    PROCESS_FILES_MOST,
    PROCESS_START,
)
