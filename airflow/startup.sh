#!/bin/sh
# MWAA sources this on each of its machines before Airflow starts: no exit, no set, no variables left behind.
# Fetches the certificate authorities of RDS, which connection postgres_default (profiles/aws) verifies the
# database with. Where that fails, Airflow starts all the same, and the first task names the file it lacks.
# MWAA ends a script after five minutes, and then does not start: this one takes two at most.
(
    authorities="${HOME:-/usr/local/airflow}/rds-ca.pem"
    source="${RDS_CA_BUNDLE_URL:-https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem}"
    if curl --fail --silent --show-error --connect-timeout 10 --max-time 30 --retry 3 \
        --retry-max-time 90 --output "$authorities.new" "$source"; then
        mv "$authorities.new" "$authorities" && echo "startup.sh: $authorities fetched"
    else
        echo "startup.sh: the certificate authorities of RDS could not be fetched from $source:" \
            "does the subnet reach the internet?"
    fi
)
