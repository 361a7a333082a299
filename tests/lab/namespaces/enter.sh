#!/bin/sh
# enter SERVER COMMAND...: runs a command as a process of that server, in whatever boot it is.
set -eu
folder=@FOLDER@/$1
cgroup=@CGROUP@-$1
if ! [ -r "$folder/pid" ]; then
  echo "lab: $1 is off" >&2
  exit 1
fi
read -r pid < "$folder/pid"
shift
echo $$ > "$cgroup/entered/cgroup.procs"
exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --time --root --wd -- \
  env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set "@CAPABILITIES@" -- "$@"
