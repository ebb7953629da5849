"""A portal as a source of prices: what is asked for, not what was paid."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from tubepulse.housing.download import Host
from tubepulse.housing.listings.names import StationNames
from tubepulse.housing.listings.rules import ROOMS, SiteRules
from tubepulse.housing.listings.walk import Walk, file_name
from tubepulse.housing.listings.web import BACKOFF_S, Pace, Web
from tubepulse.housing.months import Window
from tubepulse.housing.rows import PRICES, REJECTS, Reject
from tubepulse.housing.source import Fetched
from tubepulse.housing.stage import Stage
from tubepulse.stations import Station

UNKNOWN = "unknown station"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ListingSite:
    """The site that `rules` describe, at `host`."""

    rules: SiteRules
    radius_m: int
    max_rejected: float
    host: Host
    clock: Callable[[], datetime] = _now
    backoff_s: float = BACKOFF_S
    kind: str = "listing"

    @classmethod
    def named(cls, name: str, *, radius_m: int, max_rejected: float) -> Self:
        """The site of housing/sites/<name>.yaml and connection <name>.

        Raises UnknownSource, BadSite, BadConnection.
        """
        rules = SiteRules.named(name)
        return cls(rules, radius_m, max_rejected, Host.of(name))

    @property
    def name(self) -> str:
        """The site's name."""
        return self.rules.name

    def fetch(self, raw: Stage, window: Window) -> Fetched:  # noqa: ARG002
        """Stage the site's pages as they are today; a portal knows no window.

        Raises TooManyRejects and what is in errors.py; SiteUnavailable is for another try, which goes on.
        """
        pace = Pace(self.rules["seconds_between_requests"])
        base_url = self.host.base_url.rstrip("/")
        web = Web(base_url, self.rules["contact"], self.host.password, pace, self.backoff_s)
        now = self.clock().astimezone(UTC)
        walk = Walk(self.rules, web, raw, now, self.max_rejected)
        walk.run()
        # Pages that were staged by an earlier try are of that day
        day = datetime.fromisoformat(walk.pages[0]["started_at"]).date() if walk.pages else now.date()
        reasons = Counter(reject["reason"] for page in walk.pages for reject in page["rejects"])
        counts = {
            "pages": len(walk.pages),
            "listings": len({one for page in walk.pages for one in page["ids"]}),
            **reasons,
        }
        fetched = Fetched(day, day, self.rules["attribution"], counts)
        fetched.write(raw)
        return fetched

    def match(self, raw: Stage, matched: Stage, stations: list[Station]) -> dict[str, int]:
        """Write prices.parquet and rejects.parquet; returns the counts.

        counts: pages, properties (with a price near a station), prices (rows), out_of_reach,
        stations_unmatched (different names), rejected, and the rejects by reason. Raises NothingFetched.
        """
        fetched = Fetched.read(raw)
        names = StationNames((station.name for station in stations), self.rules["stations.aliases"])
        unmatched: set[str] = set()
        properties = out_of_reach = 0
        reasons: Counter[str] = Counter()
        pages = fetched.counts["pages"]
        with (
            matched.table("prices.parquet", PRICES) as prices,
            matched.table("rejects.parquet", REJECTS) as bad,
        ):
            for page in map(raw.read_json, map(file_name, range(1, pages + 1))):
                rejects = [Reject(**reject) for reject in page["rejects"]]
                for item in page["items"]:
                    rows = list(self._rows(item, names, fetched.first_day))
                    prices.extend(row for row in rows if row["station"])
                    unknown = [str(row["said"]) for row in rows if not row["station"]]
                    rejects += [Reject(page["path"], item["number"], UNKNOWN, one) for one in unknown]
                    unmatched.update(unknown)
                    properties += len(rows) > len(unknown)
                    out_of_reach += not rows
                bad.extend(reject.row() for reject in rejects)
                reasons.update(reject.reason for reject in rejects)
        return {
            "pages": pages, "properties": properties, "prices": prices.count, "out_of_reach": out_of_reach,
            "stations_unmatched": len(unmatched), "rejected": bad.count, **reasons,
        }  # fmt: skip

    def _rows(self, item: dict[str, Any], names: StationNames, day: date) -> Iterator[dict[str, Any]]:
        """A row for each station within reach, the nearest mention; without `station` an unknown one."""
        seen: set[str] = set()
        for near in sorted(item["stations"], key=lambda one: one["distance_m"]):
            if near["distance_m"] > self.radius_m:
                return
            station = names.find(near["name"])
            if (said := station or near["name"]) in seen:
                continue
            seen.add(said)
            if station is None:
                yield {"station": None, "said": said}
                continue
            kept = {key: item[key] for key in ("price", "link", "address", *ROOMS)}
            yield {
                "source": self.name, "transaction_id": item["ad_id"], "station": station, "date": day,
                "distance_m": round(near["distance_m"]), **kept,
            }  # fmt: skip
