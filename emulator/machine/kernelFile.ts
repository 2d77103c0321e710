/**
 * Kernels in files that are no ELF: Linux' flat Image (which an EFI stub makes look like a PE file), the same packed
 * by gzip (Image.gz), and the EFI program that unpacks itself (vmlinuz.efi).
 */
import { Gunzip } from 'fflate';
import { RAM_PHYSICAL } from '../layout.ts';
import { ConfigurationError } from './errors.ts';
import { type GuestImage, KERNEL_ADDRESS } from './image.ts';

/** Linux' `struct riscv_image_header` (Documentation/arch/riscv/boot-image-header.rst). */
const IMAGE = { textOffset: 8, imageSize: 16, flags: 24, magic: 56 } as const;
const IMAGE_MAGIC = 'RSC\x05';
const ARM64_MAGIC = 'ARM\x64';
const BIG_ENDIAN = 1n;

/** Linux' `struct linux_efi_zboot_header`. */
const ZBOOT = {
  magic: 4,
  payloadOffset: 8,
  payloadSize: 12,
  compression: 24,
  compressionLength: 32,
} as const;
const ZBOOT_MAGIC = 'zimg';

const GZIP_MAGIC = '\x1f\x8b';
/** Smaller than any gzip file. */
const GZIP_TRAILER = 8;
/** Bytes that are unpacked at once, so that a file that grows without end is noticed in time. */
const PIECE = 1 << 14;
const MAX_UNPACKED = 512 << 20;

/** Bytes of a file that `isPackedKernel` wants to see; fewer if the file has fewer. */
export const KERNEL_MAGIC_LENGTH = 64;

/** Whether a file that begins like this has to go through `unpackKernel`. */
export function isPackedKernel(start: Uint8Array): boolean {
  return textAt(start, 0, 2) === GZIP_MAGIC || textAt(start, ZBOOT.magic, 4) === ZBOOT_MAGIC;
}

/**
 * The kernel, ELF file or Image, that a packed file holds.
 * @param most Bytes that it may have.
 * @throws ConfigurationError of `image` when it is damaged, larger, or packed by something else than gzip.
 */
export function unpackKernel(file: Uint8Array, most = MAX_UNPACKED): Uint8Array {
  if (textAt(file, ZBOOT.magic, 4) !== ZBOOT_MAGIC) return gunzip(file, most);
  const view = viewOf(file);
  const compression = textAt(file, ZBOOT.compression, ZBOOT.compressionLength).replace(/\0.*$/s, '');
  if (compression !== 'gzip') {
    throw wrong(
      `an EFI program packed by ${compression}, of which only gzip can be unpacked here; boot the Image in it`,
    );
  }
  const offset = view.getUint32(ZBOOT.payloadOffset, true);
  const size = view.getUint32(ZBOOT.payloadSize, true);
  if (offset + size > file.length) throw wrong('an EFI program whose packed kernel is cut off');
  return gunzip(file.subarray(offset, offset + size), most);
}

/**
 * A flat Image at the address that its header asks for, with the room that its bss needs.
 * @throws ConfigurationError of `image` for anything else.
 */
export function linuxImage(bytes: Uint8Array): GuestImage {
  const magic = textAt(bytes, IMAGE.magic, 4);
  if (magic === ARM64_MAGIC) throw wrong('a Linux Image for arm64; this machine is a RISC-V one');
  if (magic !== IMAGE_MAGIC) {
    throw wrong('neither an ELF file nor a flat RISC-V Linux Image (no header with "RSC")');
  }
  const view = viewOf(bytes);
  if ((view.getBigUint64(IMAGE.flags, true) & BIG_ENDIAN) !== 0n) throw wrong('a big-endian Linux Image');
  const offset = view.getBigUint64(IMAGE.textOffset, true);
  const address = offset === 0n ? KERNEL_ADDRESS : BigInt(RAM_PHYSICAL) + offset;
  const memorySize = view.getBigUint64(IMAGE.imageSize, true);
  return { segments: [{ address, bytes, memorySize, name: 'Image' }], entry: address };
}

function gunzip(packed: Uint8Array, most: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const stream = new Gunzip((piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  try {
    for (let at = 0; at < packed.length && length <= most; at += PIECE) {
      stream.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    }
  } catch {
    throw wrong('a damaged gzip file');
  }
  if (length > most) throw wrong(`a gzip file of more than ${most} bytes when unpacked`);
  const trailer = packed.length - GZIP_TRAILER;
  const expected = trailer < 0 ? -1 : viewOf(packed).getUint32(trailer + 4, true);
  if (length !== expected)
    throw wrong('a damaged gzip file: its size is not the one that it tells at its end');
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const piece of pieces) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

function wrong(what: string): ConfigurationError {
  return new ConfigurationError('image', what);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Byte by byte; empty where the file has ended. */
function textAt(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
