#!/usr/bin/env bash
# Fetches Debian's RISC-V kernel, its debug information and busybox from your Debian mirror (a computer with apt; another mirror
# by MIRROR=URL), and packs an initramfs. Usage: fetch.sh [WORKDIR]   (default: build). A gigabyte to download.
# Leaves WORKDIR/{Image,vmlinux,initramfs.cpio.gz}. Needs apt-get, dpkg, tar, cpio.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mkdir -p "${1:-$here/build}" && cd "${1:-$here/build}" && pwd)
source "$here/apt.sh"
cd "$work"
apt_riscv update
kernel=$(apt-cache "${apt_options[@]}" depends linux-image-riscv64 | awk '/Depends: linux-image-/ {print $2; exit}')
echo "$kernel" > kernel
(cd debs && apt_riscv download "$kernel" "$kernel-dbg" busybox-static)
dpkg -x debs/"$kernel"_*.deb image
dpkg -x debs/busybox-static_*.deb busybox
mkdir -p debug
dpkg-deb --fsys-tarfile debs/"$kernel"-dbg_*.deb | tar -x -C debug --wildcards './usr/lib/debug/boot/*'
ln -sf debug/usr/lib/debug/boot/vmlinux-* vmlinux
cp image/boot/vmlinu?-* Image
mkdir -p initramfs/{bin,dev,proc,sys,tmp}
cp busybox/usr/bin/busybox initramfs/bin/busybox
for applet in sh ls cat echo mount cut poweroff dmesg grep ps setsid cttyhack insmod rmmod lsmod; do
  ln -sf busybox initramfs/bin/$applet
done
pack_initramfs
ls -lL Image vmlinux initramfs.cpio.gz
