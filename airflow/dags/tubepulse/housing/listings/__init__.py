"""Homes for sale from the pages of a portal, described by a file of housing/sites."""
