"""The source `land_registry`: Price Paid Data, whose postcodes the ONS Postcode Directory places."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tubepulse.housing.download import Host
from tubepulse.housing.ledger import Ledger
from tubepulse.housing.months import Window
from tubepulse.housing.nearby import Grid, Near
from tubepulse.housing.postcodes import POSITIONS, positions
from tubepulse.housing.price_paid import SALES, rows
from tubepulse.housing.rows import PRICES, REJECTS, Reject
from tubepulse.housing.source import Fetched, check_rejects
from tubepulse.housing.stage import Stage
from tubepulse.stations import Station

log = logging.getLogger(__name__)

NAME, POSTCODES = "land_registry", "postcode_directory"  # the connections; the first is the source's name too


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LandRegistry:
    """Sales of the Price Paid Data around the stations."""

    radius_m: int
    max_rejected: float
    clock: Callable[[], datetime] = _now
    name: str = NAME
    kind: str = "sale"

    def fetch(self, raw: Stage, window: Window) -> Fetched:
        """Stage the sales of `window`, and where their postcodes are.

        Reads the month's update file, then every year of the window, line by line. A try begins anew: what an
        earlier one staged is deleted. Raises TooManyRejects, NotPricePaid, BadPostcodeFile, BadConnection,
        FileNotThere, and, for another try, DownloadFailed, TruncatedFile, TruncatedPostcodes.
        """
        prices, directory = Host.of(NAME), Host.of(POSTCODES)
        raw.clear()
        today = self.clock().astimezone(UTC).date()
        with raw.table("sales.parquet", SALES) as sales, raw.table("rejects.parquet", REJECTS) as rejects:
            ledger = Ledger(window, today, sales, rejects)
            self._read(prices, ledger)
            counts = ledger.counts | {"sales": sales.count, "rejected": rejects.count}
            judged = ledger.counts["read"] - ledger.counts["out_of_scope"]
            check_rejects(rejects.count, judged, self.max_rejected, self.name)
        counts |= self._place(raw, directory, ledger.postcodes)
        attribution = _attribution(window.last_day, prices, directory)
        fetched = Fetched(window.first_day, window.last_day, attribution, dict(counts))
        fetched.write(raw)
        return fetched

    def match(self, raw: Stage, matched: Stage, stations: list[Station]) -> dict[str, int]:
        """A row of PRICES for every sale and station within the radius; returns counts.

        Every reject of fetch is a reject here too. Raises TooManyRejects.
        """
        places = {row["postcode"]: row for row in raw.rows("postcodes.parquet")}
        grid = Grid(stations, self.radius_m)
        near_to: dict[str, list[Near]] = {
            postcode: grid.near(row["latitude"], row["longitude"])
            for postcode, row in places.items()
            if row["latitude"] is not None
        }
        counts: Counter[str] = Counter()
        with (
            matched.table("prices.parquet", PRICES) as prices,
            matched.table("rejects.parquet", REJECTS) as rejects,
        ):
            rejects.extend(raw.rows("rejects.parquet"))
            for sale in raw.rows("sales.parquet"):
                postcode = sale["postcode"]
                if postcode not in near_to:
                    reason = "postcode without a position" if postcode in places else "unknown postcode"
                    rejects.append(Reject(sale["file"], sale["line"], reason, postcode).row())
                    continue
                near = near_to[postcode]
                counts["properties" if near else "out_of_reach"] += 1
                prices.extend(_row(self.name, sale, one) for one in near)
            sales = counts.total()
            check_rejects(rejects.count, sales + rejects.count, self.max_rejected, self.name)
            return {**counts, "prices": prices.count, "rejected": rejects.count}

    def _read(self, prices: Host, ledger: Ledger) -> None:
        file = prices.setting("update_file")
        with prices.lines(file) as lines:
            ledger.changes(rows(lines, file))
        for year in range(ledger.window.first_day.year, ledger.window.last_day.year + 1):
            file = prices.setting("year_file").replace("{year}", str(year))
            with prices.lines(file) as lines:
                ledger.year(rows(lines, file))

    def _place(self, raw: Stage, directory: Host, wanted: set[str]) -> dict[str, int]:
        file = directory.setting("file")
        with directory.lines(file) as lines:
            found = positions(lines, wanted, file)
        with raw.table("postcodes.parquet", POSITIONS) as table:
            table.extend(found)
        log.info("%d of %d postcodes found in %s", len(found), len(wanted), file)
        return {
            "postcodes": len(found),
            "terminated_postcodes": sum(bool(row["terminated"]) for row in found),
        }


def _row(source: str, sale: dict[str, object], near: Near) -> dict[str, object]:
    return {
        **{name: sale[name] for name in sale if name not in ("file", "line")},
        "source": source,
        "station": near.station,
        "distance_m": round(near.distance_m),
    }


def _attribution(day: date, *hosts: Host) -> str:
    return " ".join(host.setting("attribution").replace("{year}", str(day.year)) for host in hosts)
