#!/bin/sh
# MWAA sources this on each of its machines before Airflow starts: no exit, no set, no variables left behind.
# Fetches the certificate authorities of RDS, which connection postgres_default (profiles/aws) verifies the
# database with. Where that fails, Airflow starts all the same, and the first task names the file it lacks.
(
    authorities="${HOME:-/usr/local/airflow}/rds-ca.pem"
    source="${RDS_CA_BUNDLE_URL:-https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem}"
    if curl --fail --silent --show-error --retry 5 --max-time 120 --output "$authorities.new" "$source"; then
        mv "$authorities.new" "$authorities" && echo "startup.sh: $authorities fetched"
    else
        echo "startup.sh: the certificate authorities of RDS could not be fetched from $source:" \
            "does the subnet reach the internet?"
    fi
)
