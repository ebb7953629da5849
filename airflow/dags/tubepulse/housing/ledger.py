"""What a fetch of Price Paid Data keeps of the rows that it reads: the update file first, then the years."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from tubepulse.housing import price_paid
from tubepulse.housing.months import Window
from tubepulse.housing.price_paid import Refused, Row
from tubepulse.housing.rows import Reject
from tubepulse.housing.stage import Table

log = logging.getLogger(__name__)

PROGRESS = 200_000  # rows between two lines of the log

Sale = dict[str, object]  # a row of price_paid.SALES


@dataclass
class Ledger:
    """Rows that are kept go to `sales`, what cannot be used to `rejects`; `counts` has the rest."""

    window: Window
    today: date
    sales: Table
    rejects: Table
    counts: Counter[str] = field(default_factory=Counter)
    postcodes: set[str] = field(default_factory=set)  # of the sales
    _changed: dict[int, Sale | None] = field(default_factory=dict)  # None: withdrawn, or no longer in scope
    _seen: set[int] = field(default_factory=set)

    def changes(self, rows: Iterable[Row]) -> None:
        """Read the update file: its newest word on each transaction wins over every other file's.

        A row that cannot be used is a reject, and changes nothing.
        """
        for row in rows:
            rejected = self.rejects.count
            sale = None if self._withdraws(row) else self._judged(row)
            transaction_id = row.cells[price_paid.TRANSACTION_ID] if row.cells else ""
            if self.rejects.count == rejected and price_paid.is_id(transaction_id):
                self._changed[_number(transaction_id)] = sale
        for sale in filter(None, self._changed.values()):
            self._keep(sale)

    def year(self, rows: Iterable[Row]) -> None:
        """Read a year's file: what the update file changed, or the row itself withdraws, is left out."""
        for row in rows:
            sale = self._judged(row)
            if sale is None:
                continue
            number = _number(str(sale["transaction_id"]))
            if number in self._changed:
                self.counts["withdrawn" if self._changed[number] is None else "replaced"] += 1
            elif number in self._seen:
                self._reject(row, Refused("transaction id twice", str(sale["transaction_id"])))
            else:
                self._keep(sale)

    def _withdraws(self, row: Row) -> bool:
        """Does this row of the update file take a sale back? It is counted; without an id, rejected."""
        if len(row.cells) != price_paid.COLUMNS or row.cells[price_paid.STATUS] != "D":
            return False
        self.counts["read"] += 1
        if not price_paid.is_id(transaction_id := row.cells[price_paid.TRANSACTION_ID]):
            self._reject(row, Refused("bad transaction id", transaction_id))
        return True

    def _judged(self, row: Row) -> Sale | None:
        self.counts["read"] += 1
        if self.counts["read"] % PROGRESS == 0:
            log.info("%s: %d rows read, %d sales kept", row.file, row.line, self.sales.count)
        try:
            if not price_paid.in_scope(row.cells):
                self.counts["out_of_scope"] += 1
                return None
            day = price_paid.day_of(row.cells, self.today)
            if day not in self.window:
                self.counts["out_of_window"] += 1
                return None
            if row.cells[price_paid.STATUS] == "D":  # of a year's file
                self.counts["withdrawn"] += 1
                return None
            return price_paid.sale(row, day)
        except Refused as refused:
            self._reject(row, refused)
            return None

    def _keep(self, sale: Sale) -> None:
        self._seen.add(_number(str(sale["transaction_id"])))
        self.postcodes.add(str(sale["postcode"]))
        self.sales.append(sale)

    def _reject(self, row: Row, refused: Refused) -> None:
        self.rejects.append(Reject(row.file, row.line, refused.reason, refused.value).row())


def _number(transaction_id: str) -> int:
    # A million texts would take twice the memory.
    return int(transaction_id[1:-1].replace("-", ""), 16)
