"""The housing prices: fetched from a source, matched with the stations, loaded into PostgreSQL."""
