"""A small FastAPI application with one address for each way to succeed and to fail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from doorward.http.body import read_json
from doorward.http.framework import install
from doorward.kernel.problem import NotFound


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=20)
    age: int = 0
    password: str = ""
    notes: dict[str, int] = {}


def build() -> FastAPI:
    app = FastAPI()
    install(app)
    router = APIRouter()

    @router.post("/people")
    async def create(request: Request) -> Person:
        return await read_json(Person, request.scope, request.receive)

    @router.get("/people/{number}")
    async def show(number: int, limit: Annotated[int, Query(le=5)] = 1) -> int:
        return number + limit

    @router.get("/missing")
    async def missing() -> None:
        raise NotFound("Nobody of that name.")

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    @router.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(status_code=403, detail="hunter2")

    @router.get("/address")
    async def address(request: Request) -> str | None:
        found: str | None = request.scope["doorward"].address
        return found

    app.include_router(router, prefix="/v1")
    return app
