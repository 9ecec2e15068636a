"""The statements that run all day, which therefore must find what they need by an index.

`doorward doctor --queries` and a test with 100,000 users ask the database how it would run each of them.
"""

from __future__ import annotations

from typing import Final

from doorward.domain.access import store as access
from doorward.domain.credentials import store as credentials
from doorward.domain.one_time import store as one_time
from doorward.domain.risk import store as risk
from doorward.domain.roles import store as roles
from doorward.domain.sessions import store as sessions
from doorward.domain.sign_in import store as sign_in
from doorward.domain.users import store as users
from doorward.infra.database.statement import Command
from doorward.infra.outbox import read, worker

_ALL: Final = frozenset[str]()

HOT_QUERIES: Final[dict[str, Command]] = {
    "who am I, by token": access.BY_SESSION,
    "who am I, by cookie": access.BY_COOKIE,
    "refresh": access.ROTATE,
    "refresh, of a spent token": access.REFRESHING,
    "session, last use": sessions.TOUCH,
    "session, end": sessions.END_ONE,
    "sessions of a user": sessions.OPEN_OF_USER,
    "sign-in, by email": users.FIND_BY_EMAIL,
    "sign-in, by username": users.FIND_BY_USERNAME,
    "sign-in, by email and password": access.BY_EMAIL,
    "sign-in, by username and password": access.BY_USERNAME,
    "sign-in, gate": users.PASS_GATE,
    "sign-in, attempt": sign_in.TAKE_TRY,
    "sign-in, password": credentials.OF_METHOD,
    "sign-in, passkey": credentials.FIND_BY_KEY,
    "sign-in, account": access.ACCOUNT,
    "sign-in, failures": risk.TAKE_BOTH,
    "one-time value": one_time.TAKE_TRY,
    "user": users.FIND,
    "user, by external id": users.FIND_BY_EXTERNAL_ID,
    "user, addresses": users.EMAILS_OF,
    "user, credentials": credentials.OF_USER,
    "user, roles": roles.OF_USER,
    "users, first page": users.page(_ALL, "-created_at", after=False),
    "users, next page": users.page(_ALL, "-created_at", after=True),
    "users, next page by email": users.page(_ALL, "email", after=True),
    "users, search by username": users.search(_ALL, "username", after=False),
    "users, search by email": users.search(_ALL, "email", after=True),
    "users, search by name": users.search(_ALL, "name", after=False),
    "events, first page": read.page_query(by_user=False, by_type=False, after=False),
    "events, next page": read.page_query(by_user=False, by_type=False, after=True),
    "events of a user": read.page_query(by_user=True, by_type=False, after=True),
    "events of a type": read.page_query(by_user=False, by_type=True, after=True),
    "jobs, any due": worker.ANY_DUE,
    "jobs, claim": worker.CLAIM,
    "jobs, done": worker.DONE,
}
