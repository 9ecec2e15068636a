"""Spans around use cases, which are found by their form: an async function that begins with a transaction or the tools.

They are put around once, at the start, where traces are sent, so that no use case has to know of them and none costs
anything where there are none; see docs/decisions/0020-spans-put-around-use-cases.md.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, Final

# An argument that is not used begins with an underscore: what does nothing with its transaction needs no span.
_GIVEN: Final = frozenset({"tx", "tools"})

Wrap = Callable[[Any, str, str], Any]


@contextmanager
def spans_around(domain: ModuleType, wrap: Wrap) -> Iterator[None]:
    """Puts a span around each use case meanwhile.

    domain: the package of all slices, which are imported here. wrap: makes a function with a span of a function, the name
    of the span such as `sign_in.begin_sign_in`, and the function's whole name.
    """
    wrapped: dict[FunctionType, Any] = {}
    for each in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        module = import_module(each.name)
        slice_ = each.name.removeprefix(f"{domain.__name__}.").partition(".")[0]
        for function in _use_cases(module):
            name = function.__qualname__
            wrapped[function] = wrap(function, f"{slice_}.{name}", f"{each.name}.{name}")
    taken = [
        (holder, name, value)
        for holder in _holders(domain)
        for name, value in list(vars(holder).items())
        if isinstance(value, FunctionType) and value in wrapped
    ]
    try:
        for holder, name, value in taken:
            setattr(holder, name, wrapped[value])
        yield
    finally:
        for holder, name, value in taken:
            setattr(holder, name, value)


def _use_cases(module: ModuleType) -> Iterator[FunctionType]:
    """Those that a module defines, also as methods of its classes."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType) and _is_use_case(value, place=0):
            yield value
        elif inspect.isclass(value):
            for method in vars(value).values():
                if isinstance(method, FunctionType) and _is_use_case(method, place=1):
                    yield method


def _holders(domain: ModuleType) -> Iterator[ModuleType | type]:
    """Whatever holds a use case under a name: the module or class that defines it, and each module that imported it."""
    house = domain.__name__.partition(".")[0]
    for module in [each for name, each in list(sys.modules.items()) if name.partition(".")[0] == house]:
        yield module
        yield from (each for each in list(vars(module).values()) if inspect.isclass(each) and _is_of(domain, each))


def _is_of(domain: ModuleType, defined: type) -> bool:
    return defined.__module__.startswith(f"{domain.__name__}.")


def _is_use_case(function: FunctionType, *, place: int) -> bool:
    """Whether a function is one. place: of its first argument, after `self` in classes."""
    if not inspect.iscoroutinefunction(function) or function.__name__.startswith("_"):
        return False
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    return len(arguments) > place and arguments[place] in _GIVEN
