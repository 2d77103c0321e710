/** Programs that use the RTC and virtio devices: here and on QEMU the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiskSource, MachineConfig } from '../../../emulator/index.ts';
import { assemble, type Guest, start } from './guest.ts';

const LIMIT = 10_000_000n;
const DISK = Uint8Array.from({ length: 64 << 10 }, (_, index) => (index >> 9) + index * 3);

const disk: DiskSource = { size: DISK.length, read: (from, length) => DISK.subarray(from, from + length) };

const MACROS = `
  .macro descriptor index address length flags next
    la t0, \\address; sd t0, 16 * \\index(s1); li t0, \\length; sw t0, 16 * \\index + 8(s1)
    li t0, \\flags; sh t0, 16 * \\index + 12(s1); li t0, \\next; sh t0, 16 * \\index + 14(s1)
  .endm
  .macro show value
    mv a0, \\value; call hex
  .endm`;

/** Routines: `hex` prints a0; `setup` starts the device at s0 with one queue, at s1; `submit` offers chain 0 and waits. */
const ROUTINES = `
  hex:
    li t0, 60
  1: srl t1, a0, t0; andi t1, t1, 15; addi t1, t1, '0'; li t2, '9'; ble t1, t2, 2f; addi t1, t1, 'a' - '9' - 1
  2: putc t1; addi t0, t0, -4; bgez t0, 1b
    li t1, 10; putc t1; ret
  setup:
    sw zero, 0x70(s0); li t0, 3; sw t0, 0x70(s0)
    li t0, 1; sw t0, 0x24(s0); sw t0, 0x20(s0)
    li t0, 11; sw t0, 0x70(s0)
    sw zero, 0x30(s0); li t0, 8; sw t0, 0x38(s0)
    sw s1, 0x80(s0); sw zero, 0x84(s0)
    addi t0, s1, 0x400; sw t0, 0x90(s0); sw zero, 0x94(s0)
    li t1, 0x800; add t0, s1, t1; sw t0, 0xa0(s0); sw zero, 0xa4(s0)
    li t0, 1; sw t0, 0x44(s0); li t0, 15; sw t0, 0x70(s0); ret
  submit:
    lhu t0, 0x402(s1); addi t0, t0, 1; fence; sh t0, 0x402(s1); fence; sw zero, 0x50(s0)
    li t2, 0x802; add t2, t2, s1
  1: fence; lhu t1, 0(t2); bne t0, t1, 1b
  2: lw t1, 0x60(s0); andi t1, t1, 1; beqz t1, 2b
    sw t1, 0x64(s0); ret
  .balign 4096
  queue: .skip 4096
  header: .word 0, 0; .dword 0
  id: .skip 24
  status: .word 0xff
  .balign 4096
  data: .skip 1024`;

const BLOCK = `
    ${MACROS}
    la sp, data; li s0, 0x10001000; la s1, queue
    lw t3, 0(s0); show t3; lw t3, 4(s0); show t3; lw t3, 8(s0); show t3; lw t3, 0xc(s0); show t3
    lw t3, 0x34(s0); snez t3, t3; show t3
    ld t3, zero_slot; lw t3, 8(t3); show t3
    call setup
    lw t3, 0x100(s0); show t3; lw t3, 0x70(s0); show t3
    la s2, header; la s3, data; la s4, status
    # Read two sectors from 5.
    li t0, 5; sd t0, 8(s2)
    descriptor 0 header 16 1 1; descriptor 1 data 1024 3 2; descriptor 2 status 1 2 0
    call submit
    ld t3, 0(s3); show t3; ld t3, 512(s3); show t3; lbu t3, 0(s4); show t3
    li t2, 0x804; add t2, t2, s1; lw t3, 0(t2); show t3
    # Write the second of them back one sector on, and read what lies there.
    li t0, 1; sw t0, 0(s2); li t0, 7; sd t0, 8(s2)
    la t0, data + 512; sd t0, 16(s1); li t0, 512; sw t0, 24(s1); li t0, 1; sh t0, 28(s1)
    call submit
    lbu t3, 0(s4); show t3
    sw zero, 0(s2); la t0, data; sd t0, 16(s1); li t0, 3; sh t0, 28(s1); sd zero, 0(s3)
    call submit
    ld t3, 0(s3); show t3; lbu t3, 0(s4); show t3
    # Behind the end; a type there is not; flush.
    li t0, 128; sd t0, 8(s2); call submit
    lbu t3, 0(s4); show t3
    li t0, 77; sw t0, 0(s2); sd zero, 8(s2); call submit
    lbu t3, 0(s4); show t3
    li t0, 4; sw t0, 0(s2); descriptor 0 header 16 1 2; call submit
    lbu t3, 0(s4); show t3
    # A chain that loops: the device asks for a reset.
    descriptor 0 header 16 1 0
    lhu t0, 0x402(s1); addi t0, t0, 1; sh t0, 0x402(s1); sw zero, 0x50(s0)
  1: lw t3, 0x70(s0); andi t1, t3, 64; beqz t1, 1b
    show t3
    sw zero, 0x70(s0); lw t3, 0x70(s0); show t3
    finish 0
    .balign 8
  zero_slot: .dword 0x10005000
  ${ROUTINES}`;

const RTC = `
    ${MACROS}
    la sp, data; li s0, 0x101000; li s1, 0xc000000
    lw t3, 0x10(s0); show t3; lw t3, 0x18(s0); show t3
    li t0, 1; sw t0, 0x10(s0)
    # An alarm in a millisecond.
    lwu t0, 0(s0); lwu t1, 4(s0); slli t1, t1, 32; or t0, t0, t1; li t1, 1000000; add t0, t0, t1
    srli t1, t0, 32; sw t1, 0xc(s0); sw t0, 8(s0)
    lw t3, 0x18(s0); show t3
    li t4, 0x1000; add t4, t4, s1
  1: lw t3, 0(t4); beqz t3, 1b
    show t3
    lwu t5, 0(s0); lwu t1, 4(s0); slli t1, t1, 32; or t1, t1, t5; lwu t2, 8(s0); lwu t3, 0xc(s0); slli t3, t3, 32; or t2, t2, t3
    sgtu t3, t2, t1; show t3
    lw t3, 0x18(s0); show t3
    sw zero, 0x1c(s0); lw t3, 0(t4); show t3
    # One that is cleared, one that is in the past.
    li t0, 0x70000000; sw t0, 0xc(s0); sw t0, 8(s0); lw t3, 0x18(s0); show t3
    sw zero, 0x14(s0); lw t3, 0x18(s0); show t3
    sw zero, 0xc(s0); sw zero, 8(s0); lw t3, 0x18(s0); show t3
    lw t3, 0(t4); show t3
    sw zero, 0x10(s0); lw t3, 0(t4); show t3
    # Set the time: the high half counts on.
    li t0, 5; sw t0, 4(s0); lw t1, 0(s0); lw t3, 4(s0); show t3
    finish 0
  ${ROUTINES}`;

function runQemu({ image }: Guest): string {
  const directory = mkdtempSync(join(tmpdir(), 'virtio-'));
  try {
    const [program, file] = [join(directory, 'program'), join(directory, 'disk')];
    writeFileSync(program, image.segments[0]!.bytes);
    writeFileSync(file, DISK);
    const options = ['-M', 'virt', '-nographic', '-bios', 'none', '-m', '128M'];
    const devices = [
      ['-device', `loader,file=${program},addr=0x80000000,force-raw=on`],
      ['-global', 'virtio-mmio.force-legacy=false'],
      ['-drive', `file=${file},format=raw,if=none,id=disk,snapshot=on`],
      ['-device', 'virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0'],
    ];
    return execFileSync('qemu-system-riscv64', [...options, ...devices.flat()], {
      encoding: 'latin1',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const M_MODE = { firmware: 'none', memory: 128 << 20, disk } satisfies Partial<MachineConfig>;

test.each([
  ['block device', BLOCK],
  ['real-time clock', RTC],
])('%s: what the program sees is what it sees on QEMU', async (_, source) => {
  const guest = assemble(source, '0x80000000');
  const { machine, console } = await start(guest.image, M_MODE);
  expect(machine.run(LIMIT)).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
  expect(console().split('\n').length).toBeGreaterThan(12);
  expect(console()).toBe(runQemu(guest));
});

test('the run is the same in any pieces, and from a snapshot on', async () => {
  const guest = assemble(BLOCK, '0x80000000');
  const whole = (await start(guest.image, { ...M_MODE, memory: 16 << 20 })).machine;
  expect(whole.run(LIMIT).kind).toBe('exit');
  const pieces = (await start(guest.image, { ...M_MODE, memory: 16 << 20 })).machine;
  const snapshots = [pieces.snapshot()];
  while (pieces.run(997n).kind === 'limit') snapshots.push(pieces.snapshot());
  expect([pieces.step, pieces.stateHash()]).toEqual([whole.step, whole.stateHash()]);
  for (const index of [1, 15, Math.floor(snapshots.length / 2), snapshots.length - 1]) {
    const other = (await start(guest.image, { ...M_MODE, memory: 16 << 20 })).machine;
    other.restore(snapshots[index]!);
    expect(other.run(LIMIT).kind).toBe('exit');
    expect([other.step, other.stateHash()]).toEqual([whole.step, whole.stateHash()]);
  }
  const [change] = whole.diskChanges;
  expect(change!.offset).toBe(0);
  expect(Buffer.from(change!.bytes).compare(DISK, 0, 4096)).not.toBe(0);
});

/** A driver that takes interrupts of the UART and reads none of its registers: it is interrupted once a byte sent. */
const UNREAD_UART = `
    la t0, trap; csrw mtvec, t0; li s1, 0; li s2, 0
    li t0, 0xc000000; li t1, 1; sw t1, 40(t0); li t2, 0x2000; add t2, t2, t0; li t1, 1 << 10; sw t1, 0(t2)
    li t0, 0x10000000; li t1, 2; sb t1, 1(t0)
    li t0, 0x800; csrw mie, t0; csrsi mstatus, 8
    li t0, 'a'; putc t0
    li t2, 20000
  1: addi s2, s2, 1; bne s2, t2, 1b
    addi s1, s1, '0'; putc s1
    csrci mstatus, 8
    finish 0
    .balign 4
  trap:
    addi s1, s1, 1
    li t0, 0xc200004; lw t1, 0(t0); sw t1, 0(t0)
    mret`;

test('an empty THR that nobody asks about does not interrupt for ever, as on QEMU', async () => {
  const guest = assemble(UNREAD_UART, '0x80000000');
  const { machine, console } = await start(guest.image, M_MODE);
  expect(machine.run(LIMIT)).toMatchObject({ reason: 'pass' });
  expect(console()).toBe('a2');
  expect(runQemu(guest)).toBe('a2');
});

describe('the keyboard', () => {
  /** Prints on the virtio console, reads two bytes there, prints on the UART, reads two bytes there; echoes all. */
  const CONSOLES = `
    la sp, data; li s0, 0x10002000; la s1, queue
    call setup
    li t0, 1; sw t0, 0x30(s0); li t0, 8; sw zero, 0x44(s0); sw t0, 0x38(s0)
    li t1, 0x8000; add s2, s1, t1
    sw s2, 0x80(s0); addi t0, s2, 0x400; sw t0, 0x90(s0); li t1, 0x800; add t0, s2, t1; sw t0, 0xa0(s0); li t0, 1; sw t0, 0x44(s0)
    la t0, data; sd t0, 0(s1); li t0, 2; sw t0, 8(s1); sh t0, 12(s1)
    li t0, 1; sh t0, 0x402(s1); sw zero, 0x50(s0)
    la t0, text; sd t0, 0(s2); li t0, 2; sw t0, 8(s2)
    li t0, 1; sh t0, 0x402(s2); li t1, 1; sw t1, 0x50(s0)
    li t2, 0x802; add t2, t2, s1
  1: lhu t1, 0(t2); beqz t1, 1b
    la s3, data; lb t0, 0(s3); putc t0; lb t0, 1(s3); putc t0
    li t5, 0x10000000
  2: lb t0, 5(t5); andi t0, t0, 1; beqz t0, 2b; lb t0, 0(t5); putc t0
  3: lb t0, 5(t5); andi t0, t0, 1; beqz t0, 3b; lb t0, 0(t5); putc t0
    finish 0
  text: .ascii "v:"
  ${ROUTINES}
  .balign 4096
  .skip 0x8000`;

  test('is that of the console that printed last, in any pieces of a run', async () => {
    const guest = assemble(CONSOLES, '0x80000000');
    const ends = [];
    for (const piece of [LIMIT, 997n, 61n]) {
      const { machine, console } = await start(guest.image, { ...M_MODE, memory: 16 << 20, disk: undefined });
      machine.sendInput(Buffer.from('abcd'), 10_000n);
      let stop;
      while ((stop = machine.run(piece)).kind === 'limit');
      expect(console()).toBe('v:abcd');
      expect(stop).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
      ends.push([machine.step, machine.stateHash()]);
    }
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });
});
