"""What Stripe answers when it refuses a request (https://docs.stripe.com/api/errors)."""

from typing import Any

Json = dict[str, Any]


class StripeError(Exception):
    """A refusal: the HTTP status and the `error` object of the body."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None, **more: Any
    ) -> None:
        """Refuse with `status` and an error of type `kind`; `more` are further fields such as `decline_code`."""
        super().__init__(message)
        self.status = status
        self.error: Json = {"message": message, "type": kind, **more}
        if param is not None:
            self.error["param"] = param
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"

    def body(self, request_id: str) -> Json:
        """The answer's body, with the log address of the request as Stripe gives it."""
        log_url = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**self.error, "request_log_url": log_url}}


def invalid(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> StripeError:
    """An `invalid_request_error`: the request can never succeed as it stands."""
    return StripeError(status, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, identifier: str, *, param: str = "id") -> StripeError:
    """404: the account has no object of this kind by this identifier."""
    return invalid(f"No such {kind}: '{identifier}'", param=param, code="resource_missing", status=404)
