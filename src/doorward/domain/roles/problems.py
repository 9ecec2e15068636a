"""What can go wrong with roles."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class RoleNotFound(Problem):
    """There is no role with this name."""

    code = "role-not-found"
    kind = Kind.NOT_FOUND
    title = "No such role"

    def __init__(self) -> None:
        super().__init__("List the roles to see their names, or make the role first.")


class RoleExists(Problem):
    """A role with this name stands already."""

    code = "role-exists"
    kind = Kind.CONFLICT
    title = "The role stands already"

    def __init__(self) -> None:
        super().__init__("Choose another name, or change the role that has it.")


class RoleBuiltIn(Problem):
    """Built-in roles (admin, support, member) cannot be changed or removed, and `member` is held by everyone."""

    code = "role-built-in"
    kind = Kind.CONFLICT
    title = "The role is built in"

    def __init__(self) -> None:
        super().__init__("Make a role of your own with the permissions that you want and grant that.")
