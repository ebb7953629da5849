"""What a trial costs, from the same price table as make cost."""

from __future__ import annotations

from collections.abc import Mapping

from aws import cost
from aws.costs import lines as cost_lines
from aws.costs.prices import Prices
from aws.profile import BadProfile, Source
from embedded.errors import Unusable

TRIAL_HOURS = 2.0  # from the first resource to the last; MWAA alone takes half an hour to come, some to go


def shown(profile: str, environ: Mapping[str, str], region: str) -> str:
    """One line, also where the table does not have the region; `environ` is that of the deployment."""
    try:
        prices = Prices.read(region)
        month, each = cost.lines(Source.read(profile), environ, prices)
    except (BadProfile, Unusable) as error:
        return f"What it costs is not known: {error}"
    recorded = [
        line for line in each if line.price != prices.find("x post")
    ]  # these posts are nobody's to bill
    standing = cost_lines.total(month) / cost_lines.HOURS
    run = cost_lines.total(recorded)
    unknown = sorted({line.what for line in (*month, *recorded) if line.price is None})
    without = f", without {', '.join(unknown)}" if unknown else ""
    sum_of = f"{TRIAL_HOURS:g} hours at ${standing:.2f} and one run at ${run:.2f}"
    return (
        f"About ${TRIAL_HOURS * standing + run:.2f}{without}: {sum_of} in {region}, prices of {prices.date}; "
        f"make cost PROFILE={profile} has the items"
    )
