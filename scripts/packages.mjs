// Sees to the Debian packages that the tests run for real: installs them where it may (root on Debian, as in CI),
// and otherwise says what to install. Plain JavaScript: it runs before anything else.
import { execFileSync, spawnSync } from 'node:child_process';

/** A command that each package brings, and the package. */
const PACKAGES = {
  'riscv64-linux-gnu-gcc': 'gcc-riscv64-linux-gnu', // builds the samples and the guests of tests
  'riscv64-linux-gnu-objdump': 'binutils-riscv64-linux-gnu',
  make: 'make',
  'qemu-system-riscv64': 'qemu-system-misc', // the machine's oracle
  'gdb-multiarch': 'gdb-multiarch', // the oracle of symbols
  dtc: 'device-tree-compiler', // the oracle of device trees
  script: 'bsdutils', // a terminal for the command line
  chromium: 'chromium', // shows the real VS Code
  'g++': 'g++', // compiles VS Code's native modules
  python3: 'python3',
};
/** Packages without a command: OpenSBI's images, a font for screenshots. */
const FILES = {
  '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf': 'opensbi',
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf': 'fonts-dejavu-core',
};

const isThere = (test) => spawnSync('sh', ['-c', test]).status === 0;
const missing = [
  ...Object.entries(PACKAGES).filter(([command]) => !isThere(`command -v ${command}`)),
  ...Object.entries(FILES).filter(([file]) => !isThere(`test -e ${file}`)),
].map(([, name]) => name);

if (missing.length > 0) {
  const install = ['install', '-y', '-q', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0 || !isThere('command -v apt-get')) {
    console.error(`The tests need these Debian packages: sudo apt-get install ${missing.join(' ')}`);
    process.exit(1);
  }
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  execFileSync('apt-get', ['update', '-q'], options);
  execFileSync('apt-get', install, options);
}
