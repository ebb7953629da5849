"""What can go wrong with a listing site, by name."""

from airflow.sdk.exceptions import AirflowException, AirflowFailException


class UnknownSource(AirflowFailException):
    """There is no source of this name."""


class BadSite(AirflowFailException):
    """A file of housing/sites can't be used; the text names file, key and value."""


class SiteUnavailable(AirflowException):
    """The site does not answer, or not completely; the task's retry goes on where it stopped."""


class RobotsDisallow(AirflowFailException):
    """The site's robots.txt does not want this page to be read by programs."""


class LoginWall(AirflowFailException):
    """The site shows its listings to those only who logged in."""


class BadPage(AirflowFailException):
    """A page is not there, goes elsewhere, or is no HTML."""


class PageTooLarge(BadPage):
    """A page is larger than largest_page_bytes, or holds more listings or tags than any page should."""


class NoListings(AirflowFailException):
    """A page holds no listing, and does not say that there are no more: its markup changed."""


class EndlessPages(AirflowFailException):
    """After pages.most pages there is still another one."""
