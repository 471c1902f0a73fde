#!/bin/sh
# The file system of the image: a program, the libraries that it names, and a configuration that listens to others.
# usage: rootfs.sh PROGRAM FOLDER
set -eu
program=$1
root=$2
mkdir -p "$root/usr/bin" "$root/etc/dateline"
cp "$program" "$root/usr/bin/dateline"
chmod 755 "$root/usr/bin/dateline"
# The loader, and what it finds: at the same paths, followed where they are links.
libraries=$(ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }')
for library in $libraries; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
# /etc/hosts, then DNS; the C library has both built in.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
cp "$(dirname "$0")/dateline.toml" "$root/etc/dateline/dateline.toml"
