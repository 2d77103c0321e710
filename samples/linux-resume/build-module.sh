#!/usr/bin/env bash
# Builds module/flush_caps.ko against the headers of the Debian kernel that fetch.sh has fetched, and packs the initramfs again
# with it. Usage: build-module.sh [WORKDIR]   (default: build). Needs gcc-riscv64-linux-gnu make flex bison bc libssl-dev
# libelf-dev cpio; downloads 170 MB, takes a few minutes the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mkdir -p "${1:-$here/build}" && cd "${1:-$here/build}" && pwd)
source "$here/apt.sh"
cd "$work"
kernel=$(cat kernel) # such as linux-image-6.12.107+deb13-riscv64
headers=${kernel/linux-image/linux-headers}
source_package=$(sed 's/^linux-image-\([0-9]*\.[0-9]*\).*/linux-source-\1/' <<<"$kernel")
if [ ! -e kbuild/Module.symvers ]; then
  (cd debs && apt_riscv download "$headers" "${headers%-riscv64}-common" "$source_package")
  for deb in debs/linux-headers-*.deb; do dpkg -x "$deb" headers; done
  dpkg -x debs/"$source_package"_*.deb source
  tar -xf source/usr/src/"$source_package".tar.xz -C source
  mkdir -p kbuild
  cp image/boot/config-* kbuild/.config
  make -C source/"$source_package" O="$work/kbuild" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- olddefconfig
  make -j"$(nproc)" -C source/"$source_package" O="$work/kbuild" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- modules_prepare
  # What Debian's compiler has found out, in place of what this one has: it decides struct module's layout and the CRCs.
  debian=headers/usr/src/$headers
  cp -rL "$debian"/include/{generated,config} kbuild/include/
  cp -rL "$debian"/arch/riscv/include/generated kbuild/arch/riscv/include/
  cp -L "$debian"/.config kbuild/
  cp -L "$debian"/Module.symvers kbuild/
fi
make -C "$here/module" KERNEL="$work/kbuild"
riscv64-linux-gnu-strip -g -o initramfs/flush_caps.ko "$here/module/flush_caps.ko"
pack_initramfs
