#!/bin/sh
# A private PostgreSQL that is thrown away: for the demo, for tests, for trying things.
#
#     scripts/postgres.sh start DIR [PORT]     makes the cluster if need be, starts it, prints its URI
#     scripts/postgres.sh uri DIR              prints its URI
#     scripts/postgres.sh psql DIR ARGUMENTS   runs psql on it; so does `pgbench`
#     scripts/postgres.sh stop DIR             ends it at once and waits; its files stay
#
# It listens on the loopback interface only and trusts everyone there, can decode its log for
# replication, and gives up safety for speed: nothing in it survives a crash of the machine.
# PostgreSQL does not run as root, so root's clusters belong to the user postgres; all folders above
# DIR must let that user through (`mktemp -d /tmp/...` does).
set -eu
. "$(dirname "$0")/lib.sh"

# A UNIX socket's path has room for 107 bytes; the server adds its own name to the folder's.
SOCKET_FOLDER_BYTES_MAX=85

main() {
    [ $# -ge 2 ] || die "usage: $0 start|uri|psql|pgbench|stop DIR ..."
    action=$1
    mkdir -p "$2"
    DIR=$(CDPATH='' cd -- "$2" && pwd -P)
    DATA=$DIR/data
    shift 2
    find_programs
    case $action in
    start) start "${1:-}" ;;
    uri) uri ;;
    psql) exec "$BIN/psql" --no-psqlrc "$(uri)" "$@" ;;
    pgbench) exec "$BIN/pgbench" "$@" "$(uri)" ;;
    stop) stop ;;
    *) die "unknown action: $action" "Use one of: start, uri, psql, pgbench, stop." ;;
    esac
}

# The newest server of this machine. Debian keeps the server's programs out of the path.
find_programs() {
    if command -v initdb >/dev/null; then
        BIN=$(dirname "$(readlink -f "$(command -v initdb)")") # its neighbours need not be on the path
        return
    fi
    BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$BIN/initdb" ] || die "PostgreSQL's server was not found." "Run 'make setup', or put initdb on the PATH."
}

start() {
    if is_running; then
        uri
        return
    fi
    [ -e "$DIR/made-by-tarn" ] || make_cluster
    # A cluster keeps its port over a restart. Someone else may take a free port first: then another one.
    port=${1:-$(cat "$DIR/port" 2>/dev/null || free_port)}
    for start_try in 1 2 3; do
        if as_owner "$BIN/pg_ctl" start -D "$DATA" -w -t 60 -s -l "$DIR/log" -o "-p $port" >&2; then
            echo "$port" >"$DIR/port"
            uri
            return
        fi
        [ -z "${1:-}" ] || break
        port=$(free_port)
    done
    tail -n 5 "$DIR/log" >&2
    die "PostgreSQL did not start (tried $start_try times)." "Its log is $DIR/log"
}

make_cluster() {
    [ "${#DIR}" -le "$SOCKET_FOLDER_BYTES_MAX" ] || die "$DIR is too long a name for a folder with a socket in it."
    [ -z "$(ls -A "$DIR")" ] || die "$DIR is not empty and was not made by this script." "Name a new folder."
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$DIR"
        as_owner test -w "$DIR" || die "the user postgres does not get to $DIR." \
            "Let it through the folders above, or use one that 'mktemp -d /tmp/tarn.XXXXXX' makes."
    fi
    as_owner "$BIN/initdb" -D "$DATA" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync \
        >"$DIR/initdb.log" 2>&1 || {
        cat "$DIR/initdb.log" >&2
        die "the cluster could not be made."
    }
    settings | as_owner tee -a "$DATA/postgresql.conf" >/dev/null
    : >"$DIR/made-by-tarn"
}

settings() {
    cat <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$DIR'
wal_level = logical
max_replication_slots = 60
max_wal_senders = 60
max_wal_size = 4GB
fsync = off
full_page_writes = off
timezone = 'UTC'
END
}

stop() {
    [ -e "$DIR/made-by-tarn" ] || die "$DIR was not made by this script." "Nothing was stopped."
    ! is_running || as_owner "$BIN/pg_ctl" stop -D "$DATA" -m immediate -w -s
}

is_running() {
    [ -e "$DATA/postmaster.pid" ] && as_owner "$BIN/pg_ctl" status -D "$DATA" >/dev/null
}

uri() {
    [ -e "$DIR/port" ] || die "no server was started in $DIR."
    echo "postgresql://postgres@127.0.0.1:$(cat "$DIR/port")/postgres"
}

# Runs a command as the user who owns the cluster. From /, because its own folder may be closed to that user.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

free_port() {
    "$(find_python)" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

main "$@"
