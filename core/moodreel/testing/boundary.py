"""What every conformance check begins with: the mistakes that moodreel itself refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from moodreel.errors import PluginError
from moodreel.interfaces.contracts import class_problem

Conformance = TypeVar("Conformance", bound=Callable[..., None])


def conformance(check: Conformance) -> Conformance:
    """Let a check find first what moodreel would refuse: misspelled, missing and wrong methods.

    Whatever the component is refused for while it is checked is an AssertionError too.
    """

    @wraps(check)
    def run(component: Any, *given: Any, **named: Any) -> None:
        problem = class_problem(type(component))
        assert problem is None, "; ".join(problem or ())
        unfinished = component.unfinished()
        assert not unfinished, f"{type(component).__name__} {unfinished}"
        try:
            check(component, *given, **named)
        except PluginError as error:
            raise AssertionError(str(error)) from error

    return run  # type: ignore[return-value]
