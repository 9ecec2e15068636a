"""An ordinary application on fastapi-users: its own routers, SQLAlchemy's async engine, JWT, and nothing left out.

It runs in the peer's environment. What differs from the quickstart of its documentation is said where it differs.
BENCH_DATABASE is an SQLAlchemy address.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users.password import PasswordHelper
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Index, String, func
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.people import MEMORY_KIB, PARALLELISM, TIME_COST

_SECRET = "a secret of the benchmark that is long enough for HS256"


class Base(DeclarativeBase):
    """The declarative base."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """The documentation's user with a name, so that its answers hold about what Doorward's hold."""

    name: Mapped[str] = mapped_column(String(200), default="")


# The documentation does not make this index, and without it each sign-in reads the whole table, because fastapi-users
# compares lower(email). It is here so that the comparison is about the code and not about a missing index.
Index("ix_user_lower_email", func.lower(User.email))

# The default pool of five and ten more would open and close connections all the time under as many callers as here.
engine = create_async_engine(os.environ["BENCH_DATABASE"], pool_size=20, max_overflow=0)
async_session_maker = async_sessionmaker(engine, expire_on_commit=False)


class UserRead(schemas.BaseUser[uuid.UUID]):
    """What is shown of a user."""

    name: str


class UserCreate(schemas.BaseUserCreate):
    """What is sent at sign-up."""

    name: str = ""


class UserUpdate(schemas.BaseUserUpdate):
    """What is sent at a change."""

    name: str | None = None


async def get_async_session() -> AsyncGenerator[AsyncSession]:
    """A session of the database for one request."""
    async with async_session_maker() as session:
        yield session


async def get_user_db(
    session: Annotated[AsyncSession, Depends(get_async_session)],
) -> AsyncGenerator[SQLAlchemyUserDatabase[User, uuid.UUID]]:
    """The users' table."""
    yield SQLAlchemyUserDatabase(session, User)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """The documentation's manager, without its prints."""

    reset_password_token_secret = _SECRET
    verification_token_secret = _SECRET


# The same Argon2 parameters as Doorward's; the defaults of pwdlib cost several times as much.
_argon2 = Argon2Hasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
_password_helper = PasswordHelper(PasswordHash((_argon2,)))


async def get_user_manager(
    user_db: Annotated[SQLAlchemyUserDatabase[User, uuid.UUID], Depends(get_user_db)],
) -> AsyncGenerator[UserManager]:
    """The manager for one request."""
    yield UserManager(user_db, _password_helper)


def get_jwt_strategy() -> JWTStrategy[User, uuid.UUID]:
    """How tokens are made and read."""
    return JWTStrategy(secret=_SECRET, lifetime_seconds=3600)


backend = AuthenticationBackend(
    name="jwt", transport=BearerTransport(tokenUrl="auth/jwt/login"), get_strategy=get_jwt_strategy
)
fastapi_users = FastAPIUsers[User, uuid.UUID](get_user_manager, [backend])

app = FastAPI()
app.include_router(fastapi_users.get_auth_router(backend), prefix="/auth/jwt", tags=["auth"])
app.include_router(fastapi_users.get_register_router(UserRead, UserCreate), prefix="/auth", tags=["auth"])
app.include_router(fastapi_users.get_reset_password_router(), prefix="/auth", tags=["auth"])
app.include_router(fastapi_users.get_verify_router(UserRead), prefix="/auth", tags=["auth"])
# Holds `GET /users/me` and the administrators' `GET /users/{id}`.
app.include_router(fastapi_users.get_users_router(UserRead, UserUpdate), prefix="/users", tags=["users"])
