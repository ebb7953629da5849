"""The one exception that a person is meant to read."""


class Unusable(Exception):
    """Something outside the project's code stands in the way.

    The text is one line: what is wrong, then what to do. Commands print it without a traceback and exit
    with 2.
    """
