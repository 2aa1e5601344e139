#!/usr/bin/env bash
# Runs inside the Debian root: locales, the postgres account, directories, sample configuration.
set -euo pipefail

printf '%s UTF-8\n' en_US.UTF-8 de_DE.UTF-8 es_CL.UTF-8 >/etc/locale.gen
locale-gen

# Volumes written by the official image belong to 999:999.
old_uid=$(id -u postgres)
old_gid=$(id -g postgres)
groupmod --gid 999 postgres
usermod --uid 999 postgres
find / -xdev -uid "$old_uid" -exec chown --no-dereference postgres {} +
find / -xdev -gid "$old_gid" -exec chgrp --no-dereference postgres {} +

# Open to all until the entrypoint narrows it, so that `docker run --user` works with any number.
install --directory --owner postgres --group postgres --mode 1777 \
    /var/lib/postgresql /var/lib/postgresql/data
install --directory --owner postgres --group postgres --mode 3777 /var/run/postgresql
mkdir -p /docker-entrypoint-initdb.d

sample=/usr/share/postgresql/17/postgresql.conf.sample
sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "$sample"
grep -q "^listen_addresses = '\*'" "$sample"

# Facts of the machine it was built on.
rm -f /etc/hostname /etc/resolv.conf /var/log/*.log /var/log/apt/*
