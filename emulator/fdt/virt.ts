/** The device tree of this machine: QEMU `virt`'s, without what the machine does not have. */
import { RAM_PHYSICAL } from '../layout.ts';
import {
  CLINT_BASE,
  CLINT_SIZE,
  FINISHER_BASE,
  FINISHER_SIZE,
  INTERRUPT,
  PLIC_BASE,
  PLIC_SIZE,
  PLIC_SOURCES,
  RTC_BASE,
  RTC_INTERRUPT,
  RTC_SIZE,
  TIMEBASE_HZ,
  UART_BASE,
  UART_CLOCK_HZ,
  UART_INTERRUPT,
  UART_SIZE,
  VIRTIO_BASE,
  VIRTIO_INTERRUPT,
  VIRTIO_SIZE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from '../memoryMap.ts';
import { applyBootSettings, type BootSettings } from './chosen.ts';
import { type FdtNode, type FdtTree, node, pair } from './tree.ts';

export interface VirtMachine {
  readonly harts: number;
  /** Bytes of RAM. */
  readonly memory: number;
  /** As in `rv64imac_zicsr_zifencei`, and its parts. */
  readonly isa: { readonly text: string; readonly extensions: readonly string[] };
  readonly mmu: 'sv39' | 'sv48' | 'sv57';
}

/** Bytes that one cbo instruction is about; there is no cache. */
const CACHE_BLOCK = 64;
/** Kernels start their random numbers from it: here always from the same. */
const RANDOM_SEED = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);
const FINISHER_POWER_OFF = 0x5555;
const FINISHER_REBOOT = 0x7777;

/** phandles: interrupt controllers of the harts from 1, then the harts themselves, then these. */
const cpuPhandle = (harts: number, id: number): number => harts + 1 + id;
const phandles = (harts: number) => ({ plic: 2 * harts + 1, finisher: 2 * harts + 2 });

export function virtTree(machine: VirtMachine, boot: BootSettings): FdtTree {
  const root = node(
    '',
    {
      '#address-cells': 2,
      '#size-cells': 2,
      compatible: 'riscv-virtio',
      model: 'riscv-virtio,sealscope',
    },
    [
      node('chosen', {
        'stdout-path': `/soc/serial@${UART_BASE.toString(16)}`,
        'rng-seed': RANDOM_SEED,
      }),
      cpus(machine),
      node(`memory@${RAM_PHYSICAL.toString(16)}`, {
        device_type: 'memory',
        reg: [...pair(BigInt(RAM_PHYSICAL)), ...pair(BigInt(machine.memory))],
      }),
      soc(machine.harts),
      ...powerSwitches(phandles(machine.harts).finisher),
    ],
  );
  applyBootSettings(root, boot);
  return { root, reservations: [], bootHart: 0 };
}

function cpus({ harts, isa, mmu }: VirtMachine): FdtNode {
  const ids = Array.from({ length: harts }, (_, id) => id);
  const properties = { '#address-cells': 1, '#size-cells': 0, 'timebase-frequency': TIMEBASE_HZ };
  return node('cpus', properties, [
    ...ids.map((id) =>
      node(
        `cpu@${id.toString(16)}`,
        {
          device_type: 'cpu',
          reg: id,
          phandle: cpuPhandle(harts, id),
          status: 'okay',
          compatible: 'riscv',
          'riscv,isa': isa.text,
          'riscv,isa-base': 'rv64i',
          'riscv,isa-extensions': isa.extensions,
          ...(isa.extensions.includes('zicbom') ? { 'riscv,cbom-block-size': CACHE_BLOCK } : {}),
          ...(isa.extensions.includes('zicboz') ? { 'riscv,cboz-block-size': CACHE_BLOCK } : {}),
          'mmu-type': `riscv,${mmu}`,
        },
        [
          node('interrupt-controller', {
            '#address-cells': 0,
            '#interrupt-cells': 1,
            'interrupt-controller': true,
            compatible: 'riscv,cpu-intc',
            phandle: id + 1,
          }),
        ],
      ),
    ),
    node('cpu-map', {}, [
      node(
        'cluster0',
        {},
        ids.map((id) => node(`core${id}`, { cpu: cpuPhandle(harts, id) })),
      ),
    ]),
  ]);
}

function soc(harts: number): FdtNode {
  const wires = (...interrupts: number[]): number[] =>
    Array.from({ length: harts }, (_, id) => interrupts.flatMap((interrupt) => [id + 1, interrupt])).flat();
  const { plic, finisher } = phandles(harts);
  return node('soc', { '#address-cells': 2, '#size-cells': 2, compatible: 'simple-bus', ranges: true }, [
    device('serial', UART_BASE, UART_SIZE, {
      compatible: 'ns16550a',
      'clock-frequency': UART_CLOCK_HZ,
      'interrupt-parent': plic,
      interrupts: UART_INTERRUPT,
    }),
    ...Array.from({ length: VIRTIO_SLOTS }, (_, slot) =>
      device('virtio_mmio', VIRTIO_BASE + slot * VIRTIO_STRIDE, VIRTIO_SIZE, {
        compatible: 'virtio,mmio',
        'interrupt-parent': plic,
        interrupts: VIRTIO_INTERRUPT + slot,
      }),
    ),
    device('rtc', RTC_BASE, RTC_SIZE, {
      compatible: 'google,goldfish-rtc',
      'interrupt-parent': plic,
      interrupts: RTC_INTERRUPT,
    }),
    device('test', FINISHER_BASE, FINISHER_SIZE, {
      compatible: ['sifive,test1', 'sifive,test0', 'syscon'],
      phandle: finisher,
    }),
    device('plic', PLIC_BASE, PLIC_SIZE, {
      compatible: ['sifive,plic-1.0.0', 'riscv,plic0'],
      '#interrupt-cells': 1,
      '#address-cells': 0,
      'interrupt-controller': true,
      'interrupts-extended': wires(INTERRUPT.machineExternal, INTERRUPT.supervisorExternal),
      'riscv,ndev': PLIC_SOURCES,
      phandle: plic,
    }),
    device('clint', CLINT_BASE, CLINT_SIZE, {
      compatible: ['sifive,clint0', 'riscv,clint0'],
      'interrupts-extended': wires(INTERRUPT.machineSoftware, INTERRUPT.machineTimer),
    }),
  ]);
}

function device(name: string, base: number, size: number, properties: Parameters<typeof node>[1]): FdtNode {
  return node(`${name}@${base.toString(16)}`, {
    reg: [...pair(BigInt(base)), ...pair(BigInt(size))],
    ...properties,
  });
}

function powerSwitches(finisher: number): FdtNode[] {
  const values = { poweroff: FINISHER_POWER_OFF, reboot: FINISHER_REBOOT };
  return Object.entries(values).map(([name, value]) =>
    node(name, { compatible: `syscon-${name}`, regmap: finisher, offset: 0, value }),
  );
}
