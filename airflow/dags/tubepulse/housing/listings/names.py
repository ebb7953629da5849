"""The names of stations as portals write them."""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

log = logging.getLogger(__name__)
_DROPPED = re.compile(r"[.'\u2018\u2019`\u00b4]")
_ENDINGS = ("underground", "station", "tube")


def compared(name: str) -> str:
    """The name as it compares: small letters and figures, `&` as a word, no `station` at its end."""
    text = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ")
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", " ", _DROPPED.sub("", text)).split()
    while len(words) > 1 and words[-1] in _ENDINGS:
        words.pop()
    return " ".join(words)


class StationNames:
    """Finds a station of the stations file by a portal's name of it."""

    def __init__(self, stations: Iterable[str], aliases: Mapping[str, str]) -> None:
        names = set(stations)
        count = Counter(map(compared, names))
        if twice := sorted(name for name in names if count[compared(name)] > 1):
            log.warning("%s: found by their exact names only, as they read alike", ", ".join(twice))
        if strange := sorted(name for name in set(aliases.values()) if name not in names):
            log.warning("aliases of stations that the stations file lacks: %s", ", ".join(strange))
        self._exact = names - aliases.keys()
        self._names = {compared(name): name for name in names if count[compared(name)] == 1}
        for alias, name in aliases.items():
            # Leaving it in would find a station that the run leaves out by another one's name
            self._names.pop(compared(alias), None)
            if name in names:
                self._names[compared(alias)] = name
        self._names.pop("", None)  # a name without a letter that we know: any such text would find it

    def find(self, name: str) -> str | None:
        """The station's name in the stations file; None where there is no such station."""
        return name if name in self._exact else self._names.get(compared(name))
