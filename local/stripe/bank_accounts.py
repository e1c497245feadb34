"""The test bank accounts of Bacs Direct Debit and what becomes of a debit (docs.stripe.com/payments/bacs-debit).

At Stripe a test debit is settled after seconds or three minutes. Here each takes the working days a new mandate
takes, by the clock that can be moved, since that wait is what the product has to bear.
"""

from dataclasses import dataclass

from local.stripe.errors import StripeError

SORT_CODE = "108800"
GOOD_ACCOUNT = "00012345"
EMPTY_ACCOUNT = "22222227"
UNWILLING_ACCOUNT = "33333335"
DISPUTING_ACCOUNT = "55555559"


@dataclass(frozen=True)
class BankAccount:
    """An account as it is debited.

    Args:
        number: eight figures.
        code: why a debit of it fails; empty when it succeeds.
        message: the same in words.
        disputed: whether its bank takes the money back after the debit has succeeded.
    """

    number: str
    code: str = ""
    message: str = ""
    disputed: bool = False


@dataclass(frozen=True)
class Debit:
    """A debit under way.

    Args:
        account: which is debited.
        session_id: the Checkout Session it pays.
        due_at: when the bank has answered, in epoch seconds.
    """

    account: BankAccount
    session_id: str
    due_at: int


_ACCOUNTS = {
    account.number: account
    for account in (
        BankAccount(GOOD_ACCOUNT),
        BankAccount(EMPTY_ACCOUNT, "insufficient_funds", "The customer's account has insufficient funds."),
        BankAccount(UNWILLING_ACCOUNT, "debit_not_authorized", "The customer has notified their bank of the debit."),
        BankAccount(DISPUTING_ACCOUNT, disputed=True),
    )
}


def account_of(number: str) -> BankAccount:
    """The test account of this number, blanks ignored.

    Raises:
        StripeError: 402 when it is none of them.
    """
    account = _ACCOUNTS.get("".join(number.split()))
    if account is None:
        raise StripeError(
            402,
            "invalid_request_error",
            "The account number is not one of the test numbers.",
            code="account_number_invalid",
            param="bacs_debit[account_number]",
        )
    return account
