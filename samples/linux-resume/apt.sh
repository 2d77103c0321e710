# For the other scripts: apt with lists and a cache of its own, for riscv64 packages of the mirror that this computer's apt uses
# (or of MIRROR). Nothing is installed, no setting of the system is touched. Expects $work and $here.
mirror=${MIRROR:-$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)}
mirror=${mirror:-http://deb.debian.org/debian}
mkdir -p "$work"/apt/{lists/partial,cache/archives/partial} "$work/debs"
touch "$work/apt/status"
echo "deb [arch=riscv64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$work/apt/sources.list"

apt_options=(-q -o APT::Architecture=riscv64 -o APT::Architectures=riscv64 -o Dir::State::Lists="$work/apt/lists"
  -o Dir::State::status="$work/apt/status" -o Dir::Cache="$work/apt/cache" -o Dir::Etc::SourceList="$work/apt/sources.list"
  -o Dir::Etc::SourceParts=/dev/null)

apt_riscv() { apt-get "${apt_options[@]}" "$@"; }

pack_initramfs() {
  cp "$here/init" "$work/initramfs/init" && chmod +x "$work/initramfs/init"
  (cd "$work/initramfs" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) | gzip -9 -n > "$work/initramfs.cpio.gz"
}
