"""The section `worker`."""

from __future__ import annotations

from pydantic import BaseModel, Field


class WorkerSettings(BaseModel):
    """The worker, which runs queued and scheduled work."""

    inside_serve: bool = Field(
        default=True, description="Whether `serve` works too. Off where `doorward worker` runs beside it."
    )
    poll_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How long a worker without work waits before it looks again."
    )
