#!/bin/sh
# customise.sh TREE FILES: turns a bare Debian tree into a lab server's root.
# What differs between servers and labs (names, keys, addresses) is not in here: it is written
# into each server's own layer.
set -eu
tree=$1
files=$2
systemd=$tree/etc/systemd/system

install -m 755 "$files/lab-http" "$tree/usr/local/bin/lab-http"

rm -f "$tree"/etc/ssh/ssh_host_*
cat > "$tree/etc/ssh/sshd_config.d/00-lab.conf" <<'CONF'
UseDNS no
UsePAM no
PasswordAuthentication no
MaxStartups 100
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/lab_authorized_keys
CONF
# A login without rights of its own. '*' and not '!': without PAM sshd refuses locked accounts.
chroot "$tree" useradd --create-home --shell /bin/sh --password '*' hasys
echo 'hasys ALL=(ALL) NOPASSWD: ALL' > "$tree/etc/sudoers.d/hasys"
chmod 440 "$tree/etc/sudoers.d/hasys"

: > "$tree/etc/fstab"
: > "$tree/etc/resolv.conf"
: > "$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id"
mkdir -p "$tree/var/log/journal" # the journal survives a reboot

ln -sf /lib/systemd/system/multi-user.target "$systemd/default.target"
# Services that a test starts itself, and timers that would wake up in the middle of one.
for unit in mariadb nginx drbd e2scrub_reap remote-fs tgt open-iscsi iscsid nftables lvm2-monitor \
  blk-availability; do
  rm -f "$systemd"/*.target.wants/"$unit".*
done
rm -f "$systemd"/timers.target.wants/*
# Nothing here has hardware, a console or people at it; without these a server is up in a second.
for unit in \
  systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket \
  systemd-udevd-kernel.socket systemd-sysusers.service kmod-static-nodes.service \
  systemd-modules-load.service modprobe@dm_mod.service modprobe@loop.service \
  modprobe@configfs.service modprobe@fuse.service modprobe@efi_pstore.service \
  modprobe@drm.service sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount systemd-remount-fs.service \
  systemd-tmpfiles-setup-dev.service systemd-sysctl.service systemd-logind.service \
  systemd-user-sessions.service systemd-tmpfiles-clean.timer systemd-update-done.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-random-seed.service \
  systemd-timesyncd.service systemd-pstore.service systemd-firstboot.service \
  systemd-machine-id-commit.service lvm2-lvmpolld.socket dm-event.socket getty.target; do
  ln -sf /dev/null "$systemd/$unit"
done

if [ -f "$tree/etc/drbd.d/global_common.conf" ]; then
  sed -i 's/usage-count yes/usage-count no/' "$tree/etc/drbd.d/global_common.conf"
fi
if [ -d "$tree/etc/mysql/mariadb.conf.d" ]; then
  # Small enough for a 256 MB machine and for user-mode-linux's small address space.
  cat > "$tree/etc/mysql/mariadb.conf.d/99-lab.cnf" <<'CNF'
[mariadbd]
innodb_buffer_pool_size=16M
innodb_buffer_pool_size_max=64M
innodb_log_file_size=8M
innodb_log_buffer_size=2M
performance_schema=0
CNF
fi
