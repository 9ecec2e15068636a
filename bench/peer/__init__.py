"""The peer: fastapi-users in an environment of its own (`bench/.peer/`), as its documentation shows it."""
