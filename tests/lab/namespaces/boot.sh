#!/bin/sh
# boot.sh FOLDER TREE NAME: the first process in a server's fresh namespaces; becomes its systemd.
# What would reach the machine below is masked: other settings of its kernel than the network's,
# its kernel log, SysRq (a pipe that the keeper reads: b, o and c do here what they do there).
set -eu
folder=$1
tree=$2
name=$3
root=$folder/root

mount -t overlay overlay -o "lowerdir=$tree,upperdir=$folder/up,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
for device in null zero full random urandom tty; do cp -a "/dev/$device" "$root/dev/"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount --bind "$folder/boot_id" "$root/proc/sys/kernel/random/boot_id"
mount -o remount,bind,ro "$root/proc/sys"
for part in acpi bus fs irq scsi; do
  [ -d "$root/proc/$part" ] || continue
  mount --bind "$root/proc/$part" "$root/proc/$part"
  mount -o remount,bind,ro "$root/proc/$part"
done
for file in kcore kmsg latency_stats timer_list; do
  [ ! -e "$root/proc/$file" ] || mount --bind /dev/null "$root/proc/$file"
done
# not every kernel has one
[ ! -e /proc/sysrq-trigger ] || mount --bind "$folder/sysrq" "$root/proc/sysrq-trigger"

hostname "$name"
# This machine's number of this very process: others enter the server by it.
cut -d' ' -f4 /proc/self/stat > "$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"

cd "$root"
pivot_root . .
umount -l .
exec env -i container=lxc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set "$LAB_CAPABILITIES" /lib/systemd/systemd --log-target=console
