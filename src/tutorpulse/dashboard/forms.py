"""Forms as browsers send them."""

from urllib.parse import parse_qsl

from tutorpulse.api.problems import ProblemError

_FIELDS_MAX = 200


def fields(raw: bytes) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` body; of a name given twice the last.

    Raises:
        ProblemError: it is no form.
    """
    try:
        return dict(
            parse_qsl(
                raw.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_MAX, errors="strict"
            )
        )
    except ValueError:
        raise ProblemError("invalid", "The body is no form. Send it again from the page.") from None
