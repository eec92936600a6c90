# Starts MariaDB, says its process and folder, and obeys a word a line; takes all away when its standard input ends.
set -e
port=$1
shift
umask 077
folder=$(mktemp -d)

# Only the end of the standard input ends it: a signal to the whole group must not leave the server behind.
trap '' HUP INT TERM

end() {
  [ -z "$server" ] || { kill -9 "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
}

finish() {
  end
  rm -rf "$folder"
}
trap finish EXIT

fail() {
  cat "$folder/log" >&2
  exit 1
}

for setting in "$@"; do
  shift
  set -- "$@" "--$setting"
done

# What it has written is in the system's hands: a server that is killed has it when it starts again.
begin() {
  mariadbd --no-defaults --datadir="$folder/db" --ssl-cert="$folder/certificate.pem" --ssl-key="$folder/key.pem" \
    --socket="$folder/socket" --port="$port" --bind-address=127.0.0.1 --pid-file="$folder/pid" --skip-name-resolve \
    --innodb-flush-log-at-trx-commit=2 --character-set-server=utf8mb4 --init-file="$folder/init.sql" "$@" \
    >>"$folder/log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    kill -0 "$server" 2>/dev/null || fail
    if mariadb --no-defaults -h 127.0.0.1 -P "$port" -u tidegate -psecret -e 'SELECT 1' shop >/dev/null 2>&1; then
      return
    fi
    sleep 0.1
  done
  fail
}

mariadb-install-db --no-defaults --datadir="$folder/db" --auth-root-authentication-method=normal --skip-test-db \
  >"$folder/log" 2>&1 || fail
# The account is made by statements that the server runs as it starts.
cat >"$folder/init.sql" <<'SQL'
CREATE DATABASE IF NOT EXISTS shop;
CREATE USER IF NOT EXISTS 'tidegate'@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO 'tidegate'@'127.0.0.1' WITH GRANT OPTION;
SQL
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop \
  -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>>"$folder/log" || fail
begin "$@"
echo "$server $folder"
while read -r order; do
  case $order in
    kill)
      end
      # Its number may be somebody else's from now on.
      echo "$server"
      server=
      continue
      ;;
    start) begin "$@" ;;
    freeze) kill -STOP "$server" ;;
    thaw) kill -CONT "$server" ;;
    *) exit 1 ;;
  esac
  echo "$server"
done
