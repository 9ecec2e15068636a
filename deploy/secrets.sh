#!/bin/sh
# Makes the secrets that deploy/compose.yaml mounts, each in a file of deploy/secrets. What is there already stays:
# whoever loses doorward_secrets loses every password hash and signing key.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# The folder is closed to others; the files are not, since the users inside of the containers must read them.
chmod 700 secrets

make_secret() { # name, then how many random bytes
    if [ ! -s "secrets/$1" ]; then
        # Letters and digits only: one of them stands in an address.
        od -An -tx1 -N "$2" /dev/urandom | tr -d ' \n' >"secrets/$1"
        chmod 644 "secrets/$1"
        echo "made deploy/secrets/$1"
    fi
}

make_secret doorward_secrets 32
make_secret database_password 24
make_secret metrics_token 24
make_secret grafana_password 12
if [ ! -s secrets/database_url ]; then
    printf 'postgresql://doorward:%s@database:5432/doorward' "$(cat secrets/database_password)" >secrets/database_url
    chmod 644 secrets/database_url
    echo "made deploy/secrets/database_url"
fi
