"""The sources of housing prices, by name."""

from tubepulse.housing import land_registry
from tubepulse.housing.listings.site import ListingSite
from tubepulse.housing.settings import HousingSettings
from tubepulse.housing.source import Source


def source_named(name: str, settings: HousingSettings) -> Source:
    """The source of this name: the Land Registry, or else the listing site; raises UnknownSource."""
    if name == land_registry.NAME:
        return land_registry.LandRegistry(settings.radius_m, settings.max_rejected)
    return ListingSite.named(name, radius_m=settings.radius_m, max_rejected=settings.max_rejected)
