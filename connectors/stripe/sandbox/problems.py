"""How the Stripe API refuses: one exception for every refusal, and its body."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException

from connectors.sandbox.web import Reply, json_response

Param = str | None


class StripeProblemError(HTTPException):
    """A refusal with its HTTP status; ``began``: the work had begun, so that a replay repeats the refusal."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: Param = None,
        began: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = status
        self.began = began
        facts = {"code": code, "message": message, "param": param, "type": kind}
        self.body = {"error": {name: value for name, value in facts.items() if value is not None}}

    def reply(self) -> Reply:
        """The refusal as the vendor sends it."""
        return json_response(self.body, self.code or 500)


def missing_object(noun: str, object_id: str, param: str = "id", status: int = 404) -> StripeProblemError:
    """No object of that kind and id."""
    return StripeProblemError(status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)


def unknown_parameter(name: str) -> StripeProblemError:
    """A parameter that the endpoint does not have."""
    return StripeProblemError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def missing_parameter(name: str) -> StripeProblemError:
    """A parameter that the endpoint demands."""
    return StripeProblemError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def invalid_parameter(name: str, message: str, code: str | None = None) -> StripeProblemError:
    """A parameter whose value cannot be taken."""
    return StripeProblemError(400, message, code=code, param=name)


def not_possible(message: str, code: str | None = None) -> StripeProblemError:
    """A change that the state of the object forbids."""
    return StripeProblemError(400, message, code=code, began=True)
