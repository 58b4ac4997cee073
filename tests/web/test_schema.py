"""Whatever the OpenAPI allows is asked; nothing makes the server fail."""

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

EXAMPLES = 12
HOST = {"Host": "127.0.0.1"}
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def operations(app):
    """All but the stream that never ends, and the route that would index."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HOST)
    schema = schema.exclude(path="/api/indexing/events").exclude(
        path="/api/indexing", method="POST"
    )
    return [found.ok() for found in schema.get_all_operations()]


def test_no_request_of_the_schema_makes_the_server_fail(app):
    asked = operations(app)
    assert len(asked) >= 14
    for operation in asked:

        @QUIET
        @given(operation.as_strategy())
        def ask(case):
            case.call_and_validate(headers=HOST, checks=[not_a_server_error])

        ask()
