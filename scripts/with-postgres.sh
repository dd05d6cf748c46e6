#!/bin/sh
# Runs a command with a throw-away PostgreSQL: its superuser's connection string is in TARN_TEST_POSTGRES.
#
#     scripts/with-postgres.sh swift test
set -eu
. "$(dirname "$0")/lib.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/tarn-postgres.XXXXXX")
chmod 711 "$folder" # the user of the database server has to get through
clean_up() {
    status=$?
    trap - EXIT
    "$ROOT/scripts/postgres.sh" stop "$folder/postgres" || :
    rm -rf "$folder"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

uri=$("$ROOT/scripts/postgres.sh" start "$folder/postgres")
port=${uri##*:}
export TARN_TEST_POSTGRES="host=127.0.0.1 port=${port%%/*} user=postgres"
"$@"
