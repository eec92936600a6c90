# Starts PostgreSQL, says its process and folder, and obeys a word a line; takes all away when its standard input ends.
set -e
bin=$1 port=$2
shift 2
umask 077
folder=$(mktemp -d)

# Only the end of the standard input ends it: a signal to the whole group must not leave the server behind.
trap '' HUP INT TERM

finish() {
  thaw
  "$bin/pg_ctl" -D "$folder/db" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT

fail() {
  cat "$folder/log" >&2
  exit 1
}

settings="-k $folder -p $port -c listen_addresses=127.0.0.1 -c fsync=off -c ssl=on"
for setting in "$@"; do
  settings="$settings -c $setting"
done

begin() {
  "$bin/pg_ctl" -D "$folder/db" -w -t 60 -l "$folder/log" -o "$settings" start >/dev/null 2>&1 || fail
  server=$(head -n 1 "$folder/db/postmaster.pid")
}

# Its first process and those that it has started.
processes() {
  [ -z "$server" ] || echo "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null)
}

thaw() {
  kill -CONT $(processes) 2>/dev/null || true
}

printf 'secret' >"$folder/password"
"$bin/initdb" -N -D "$folder/db" -U tidegate -A scram-sha-256 --pwfile="$folder/password" -E UTF8 --locale=C.UTF-8 \
  >"$folder/log" 2>&1 || fail
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop \
  -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
  -keyout "$folder/db/server.key" -out "$folder/db/server.crt" 2>"$folder/log" || fail
begin
echo "$server $folder"
while read -r order; do
  case $order in
    kill)
      "$bin/pg_ctl" -D "$folder/db" -m immediate stop >/dev/null 2>&1 || fail
      # Its number may be somebody else's from now on.
      echo "$server"
      server=
      continue
      ;;
    start) begin ;;
    freeze) kill -STOP $(processes) ;;
    thaw) thaw ;;
    *) exit 1 ;;
  esac
  echo "$server"
done
